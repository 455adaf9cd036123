/** Does every job once, with as many at the same time as there are workers. */
export async function share<Job, Worker>(
  jobs: readonly Job[],
  workers: readonly Worker[],
  work: (job: Job, worker: Worker) => Promise<void>,
): Promise<void> {
  const left = [...jobs]
  const go = async (worker: Worker) => {
    for (let job = left.shift(); job !== undefined; job = left.shift()) await work(job, worker)
  }
  await Promise.all(workers.map(go))
}
