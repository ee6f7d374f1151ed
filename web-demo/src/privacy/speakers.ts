/** The ten voices that the attackers were trained to tell apart, and how the page calls them. */
export function speakerName(id: string): string {
  const [corpus, name = id] = id.split(/-|(?<=^ls)/);
  return corpus === 'ls' ? `Reader ${name}` : name.charAt(0).toUpperCase() + name.slice(1);
}

export function sexName(id: string): string {
  return id === 'f' ? 'a woman' : 'a man';
}
