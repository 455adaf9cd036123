import { setTimeout as sleep } from 'node:timers/promises'

/** Ends a process group if necessary. */
export interface GroupWatch {
  /** Stops watching, once the first process has ended; resolves when a group that had to be ended is gone. */
  over(): Promise<{ readonly wasLate: boolean }>
}

/**
 * Ends a process and its children when a signal aborts or its time is up: first politely, and by force when
 * it still runs a second later.
 *
 * @param pid of a process that leads its group
 */
export function watchGroup(
  pid: number,
  { signal, timeoutMs }: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number | undefined },
): GroupWatch {
  let ending: Promise<void> | undefined
  let wasLate = false
  const end = () => {
    ending ??= endGroup(pid)
  }
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          wasLate = ending === undefined
          end()
        }, timeoutMs)
  signal?.addEventListener('abort', end)
  if (signal?.aborted) end()
  return {
    async over() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      await ending
      return { wasLate }
    },
  }
}

// --- internal ---

const graceMs = 1000
const pollMs = 20

async function endGroup(pid: number): Promise<void> {
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    const until = performance.now() + graceMs
    send(pid, name)
    while (send(pid, 0) && performance.now() < until) await sleep(pollMs)
    if (!send(pid, 0)) return
  }
}

/** Whether the group has any process. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}
