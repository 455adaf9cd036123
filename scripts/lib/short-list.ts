/** `A, B, C and 5 more`. */
export function shortList(items: readonly string[]): string {
  const shown = items.length > 6 ? 5 : items.length
  const rest = items.length - shown
  return `${items.slice(0, shown).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
