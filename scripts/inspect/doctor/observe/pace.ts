import type { ScalewayAnswer } from '../../../scaleway/connection.ts'

/** How a server answers: how fast, and by which clock. */
export interface Pace {
  readonly answers: number
  /** Of the fastest answer; undefined without one. */
  readonly fastestMs: number | undefined
  /** How far its clock is from ours at least, in milliseconds: positive when ours is behind. Undefined: it tells none. */
  readonly skewMs: number | undefined
}

/** Keeps what all answers tell together. */
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

/** A date is told to the second, and made at some time between question and answer: only what is beyond counts. */
export function skewOf({ date, sentAt, receivedAt }: Pick<ScalewayAnswer, 'date' | 'sentAt' | 'receivedAt'>) {
  if (!date) return undefined
  const [earliest, latest] = [date.getTime(), date.getTime() + 1000]
  if (earliest > receivedAt) return earliest - receivedAt
  return latest < sentAt ? latest - sentAt : 0
}
