import type { ScalewayAnswer } from '../../../scaleway/connection.ts'

/** How fast a server answers, and with which clock. */
export interface Pace {
  readonly answers: number
  /** Of the fastest answer; undefined without one. */
  readonly fastestMs: number | undefined
  /** The least difference between its clock and ours, in milliseconds: positive when ours is behind. Undefined without a Date. */
  readonly skewMs: number | undefined
}

/** Combines what all responses show. */
export interface PaceMeter {
  add(answer: Pick<ScalewayAnswer, 'date' | 'sentAt' | 'receivedAt'>): void
  pace(): Pace
}

export function paceMeter(): PaceMeter {
  let answers = 0
  let fastestMs: number | undefined
  let skewMs: number | undefined
  return {
    add(answer) {
      const tookMs = answer.receivedAt - answer.sentAt
      answers++
      if (fastestMs === undefined || tookMs < fastestMs) fastestMs = tookMs
      const skew = skewOf(answer)
      if (skew !== undefined && (skewMs === undefined || Math.abs(skew) < Math.abs(skewMs))) skewMs = skew
    },
    pace: () => ({ answers, fastestMs, skewMs }),
  }
}

/** A date has whole seconds, and was made between request and response: only a larger difference counts. */
export function skewOf({ date, sentAt, receivedAt }: Pick<ScalewayAnswer, 'date' | 'sentAt' | 'receivedAt'>) {
  if (!date) return undefined
  const [earliest, latest] = [date.getTime(), date.getTime() + 1000]
  if (earliest > receivedAt) return earliest - receivedAt
  return latest < sentAt ? latest - sentAt : 0
}
