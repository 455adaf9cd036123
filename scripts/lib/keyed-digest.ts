import { createHmac, randomBytes } from 'node:crypto'

/** Tells whether two values are the same without keeping them. Worth nothing once the run is over. */
export type Digest = (value: string | Uint8Array) => string

/** Digests under a key that nobody but this function knows, and that dies with the process. */
export function keyedDigest(): Digest {
  const key = randomBytes(32)
  return (value) => createHmac('sha256', key).update(value).digest('hex')
}
