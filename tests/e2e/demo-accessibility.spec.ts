/** axe-core finds nothing on the demo page: desktop and phone, light and dark, at every privacy level. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from './demo-page.js';

const sizes = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

for (const [size, viewport] of Object.entries(sizes)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`axe finds nothing: ${size}, ${colorScheme}`, async ({ page, demo, open }) => {
      test.slow();
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await open(page, demo);
      for (const level of ['high', 'moderate', 'low']) {
        await page.locator(`input[name=level][value=${level}]`).check();
        const axe = new AxeBuilder({ page });
        // The rest of the page does not change with the level.
        const { violations, passes } = await (level === 'high' ? axe : axe.include('#privacy')).analyze();
        expect(passes.length).toBeGreaterThan(10);
        expect(violations.map(({ id, nodes }) => ({ id, at: nodes.map(({ html }) => html) }))).toEqual([]);
      }
    });
  }
}
