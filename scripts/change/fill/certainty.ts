import { pause } from '../../lib/pause.ts'
import { ProblemError } from '../../lib/problems.ts'
import type { ScalewayAccount } from '../../scaleway/connection.ts'
import { ScalewayError } from '../../scaleway/http.ts'

/**
 * Sends a write whose response may get lost: after a broken connection or a 5xx, and where the API says that it is done
 * already, `lookAgain` checks whether it is. If not, the write is tried again, up to three times in all.
 *
 * @param lookAgain what the write would have answered, or undefined when it was not done
 */
export async function doOnce<T extends object>(
  account: ScalewayAccount,
  write: () => Promise<T>,
  lookAgain: () => Promise<T | undefined>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write()
    } catch (error) {
      const unknown = isUnknown(error)
      if (!unknown && !maySayDone(error)) throw error
      const done = await lookAgain()
      if (done !== undefined) return done
      if (!unknown || attempt === attempts) throw error
    }
    await pause((account.retryMs ?? defaultRetryMs) * 2 ** attempt, account.signal)
  }
}

// --- internal ---

const attempts = 3
const defaultRetryMs = 200

/** No response, half of one, or one that doesn't say whether the write was done. */
function isUnknown(error: unknown): boolean {
  if (error instanceof ScalewayError) return error.status >= 500
  return error instanceof ProblemError && error.problems.some(({ code }) => unknownOutcomes.includes(code))
}

const unknownOutcomes = ['SCALEWAY_UNREACHABLE', 'SCALEWAY_ANSWER_UNREADABLE']

/** 409 and 400 mean a name that is taken, 412 and 404 a version that has changed. */
function maySayDone(error: unknown): boolean {
  return error instanceof ScalewayError && [400, 404, 409, 412].includes(error.status)
}
