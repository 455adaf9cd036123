import { createHash, randomBytes } from 'node:crypto'
import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { isErrno } from '../../lib/files.ts'
import { pause } from '../../lib/pause.ts'

export interface LockOptions {
  readonly signal?: AbortSignal
  /** Called once, with the process that holds the lock, when there is something to wait for. */
  readonly onWait?: (holder: string) => void
  /** How often the lock is tried again, in milliseconds. Default: 300. */
  readonly pollMs?: number
  /** After how many milliseconds without activity a lock counts as abandoned. Default: 30,000. */
  readonly staleMs?: number
}

/**
 * Waits for, then holds, a lock file that names its process. A lock is taken over when its process is gone
 * (same machine) or has not been active for `staleMs` (another machine, or a process id used again).
 * Two holders at once are possible after a long sleep of the machine, so what the lock guards must stay correct then.
 *
 * @throws the signal's reason when aborted while waiting.
 */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<AsyncDisposable> {
  const { signal, onWait, pollMs = 300, staleMs = 30_000 } = options
  const own = `${process.pid} ${hostname()} ${randomBytes(6).toString('hex')}\n`
  for (let waited = false; !(await create(path, own)); ) {
    signal?.throwIfAborted()
    const holder = await readHolder(path)
    if (holder === undefined) continue
    if (isDead(holder, staleMs)) {
      if (!(await takeAway(path, holder.text, staleMs))) await pause(pollMs, signal)
      continue
    }
    if (!waited) onWait?.(holder.text.split(' ')[0] ?? '')
    waited = true
    await pause(pollMs, signal)
  }
  const heartbeat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), staleMs / 6)
  heartbeat.unref()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(heartbeat)
      const holder = await readHolder(path)
      if (holder?.text === own) await rm(path, { force: true })
    },
  }
}

// --- internal ---

interface Holder {
  readonly text: string
  readonly ageMs: number
}

/** Linked into place, not written in place: a lock that can be seen has its content. */
async function create(path: string, text: string): Promise<boolean> {
  const beside = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(beside, text, { flag: 'wx' })
  try {
    await link(beside, path)
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(beside, { force: true })
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)])
    return { text, ageMs: Date.now() - mtimeMs }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

function isDead({ text, ageMs }: Holder, staleMs: number): boolean {
  const [pid, host] = text.trim().split(' ')
  if (ageMs > staleMs) return true
  return host === hostname() && !isAlive(Number(pid))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isErrno(error, 'EPERM')
  }
}

/**
 * Of many processes that see the same dead lock only one removes it: the one that created the file named after its text.
 * A later process finds another text in the lock, and does not remove it.
 *
 * @returns false when another process is removing it
 */
async function takeAway(path: string, dead: string, staleMs: number): Promise<boolean> {
  const beside = `${path}.${createHash('sha256').update(dead).digest('hex').slice(0, 12)}`
  if (!(await create(beside, dead))) {
    const other = await readHolder(beside)
    // It is there for a moment; an old one was left by a process that was killed in that moment.
    if (other && other.ageMs > staleMs) await rm(beside, { force: true })
    return false
  }
  try {
    if ((await readHolder(path))?.text === dead) await rm(path, { force: true })
    return true
  } finally {
    await rm(beside, { force: true })
  }
}
