import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'

/** Identifies this run for a person who wants to know whom to ask; different for each run. */
export function thisRun(): string {
  let user = 'somebody'
  try {
    user = userInfo().username
  } catch {
    // A container may run as a user without a name.
  }
  return `${user}@${hostname()}, process ${process.pid} (${randomBytes(4).toString('hex')})`
}
