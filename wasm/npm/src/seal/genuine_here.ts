/** To be imported before all else: the other modules' first lines call the language already. */
import { requireGenuine } from './genuine.js';

requireGenuine(globalThis);
