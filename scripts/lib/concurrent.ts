/**
 * What `work` makes of each item, in their order, at most `limit` at a time. After a failure nothing more is started, and
 * it is thrown once the running work has ended.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  let failed = false
  const worker = async () => {
    while (next < items.length && !failed) {
      const index = next++
      try {
        results[index] = await work(items[index] as T)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker))
  const failure = ended.find((end) => end.status === 'rejected')
  if (failure) throw failure.reason
  return results
}
