import { createHmac, randomBytes } from 'node:crypto'

/** Compares two values without keeping them. Worthless once the run has ended. */
export type Digest = (value: string | Uint8Array) => string

/** Digests with a key that only this function knows, and that is lost with the process. */
export function keyedDigest(): Digest {
  const key = randomBytes(32)
  return (value) => createHmac('sha256', key).update(value).digest('hex')
}
