/** Whether a value that came from outside is an object with fields: a list is not, and neither is null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
