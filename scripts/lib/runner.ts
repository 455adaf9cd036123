import { readFileSync } from 'node:fs'

export interface RunnerOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The parent of this process, as it is now. */
  parent(): number
  /** Called once, when a process is gone through which we were started. */
  onGone(): void
  /** Default: 1,000 */
  readonly pollMs?: number
}

/**
 * Watches npm, and what is between npm and us. npm passes signals on to the shell it starts, which need not pass them on; and
 * killed, it passes on nothing. Whoever ended it wants us to end as well. Without npm nobody is watched: a shell may end before
 * what it has started.
 */
export function watchRunner({ env, parent, onGone, pollMs = 1_000 }: RunnerOptions): Disposable {
  const links = env.npm_lifecycle_event === undefined ? [] : linksToRunner(parent)
  const timer = setInterval(() => {
    if (links.every(({ pid, now }) => now() === pid)) return
    clearInterval(timer)
    onGone()
  }, pollMs).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

// --- internal ---

/** A process that is the parent of another one. */
interface Link {
  readonly pid: number
  /** Who is the parent now. */
  now(): number | undefined
}

/** From our parent to npm; empty when that is not found. */
function linksToRunner(parent: () => number): Link[] {
  const links: Link[] = [{ pid: parent(), now: parent }]
  for (let pid = parent(); links.length <= maxLinks; ) {
    const seen = look(pid)
    // Where other processes can't be read, as on macOS, our parent has to do: npm's shell, or npm itself.
    if (!seen) return links.slice(0, 1)
    if (isRunner.test(seen.command)) return links
    if (seen.parent === 0) return []
    const child = pid
    pid = seen.parent
    links.push({ pid, now: () => look(child)?.parent })
  }
  return []
}

/** With more, npm did not start us. */
const maxLinks = 6
const isRunner = /(?:^|[\s\0/])(?:npm|npx|pnpm|pnpx|yarn)(?:-cli)?(?:\.c?js)?(?:[\s\0]|$)/

/** Undefined when it is gone, or on another system than Linux. Source: proc(5) */
function look(pid: number): { readonly parent: number; readonly command: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before it may hold spaces and parentheses.
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { parent: Number(parent), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }
  } catch {
    return undefined
  }
}
