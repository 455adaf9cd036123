import { uptime } from 'node:os'

/** The clocks of this machine, in milliseconds from any point in time; nobody can set them. */
export interface Clocks {
  /** May stand still while the machine sleeps. */
  awake(): number
  /** Continues while the machine sleeps; some systems count whole seconds. */
  always(): number
}

/**
 * Node's own clock stands still while Linux sleeps; the time since the start of the system does not.
 * Source: libuv, `uv_hrtime` (CLOCK_MONOTONIC) and `uv_uptime` (/proc/uptime, CLOCK_BOOTTIME; kern.boottime on macOS).
 */
export const machineClocks: Clocks = {
  awake: () => performance.now(),
  always() {
    try {
      return uptime() * 1000
    } catch {
      // A sandbox may hide it.
      return 0
    }
  },
}

/** Starts one. It tells the milliseconds since then, those that the machine slept included. */
export function stopwatch({ awake, always }: Clocks = machineClocks): () => number {
  const [first, second] = [awake(), always()]
  return () => Math.max(awake() - first, always() - second)
}
