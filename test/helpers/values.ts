/** A copy of some values with one place changed: `tiers.api.namespace`. Undefined takes the place out. */
export function withValue<T>(values: T, place: string, value: unknown): T {
  const copy = structuredClone(values)
  const names = place.split('.')
  const last = names.pop() ?? ''
  let parent = copy as Record<string, unknown>
  for (const name of names) {
    parent[name] ??= {}
    parent = parent[name] as Record<string, unknown>
  }
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return copy
}
