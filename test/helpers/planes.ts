import type { TestProject } from 'vitest/node'
import { planePool } from './plane-pool.ts'
import { startRunServer } from './run-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The socket of the pool of API servers. */
    planes: string
  }
}

/** Runs before the end-to-end tests: every test file is a process of its own, so this one keeps what they share. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const pool = planePool({
    onLost: (reason) => void process.stderr.write(`an API server is not used again: ${reason}\n`),
  })
  const server = await startRunServer('planes', (path, body) => {
    if (path !== '/give-back') return pool.take()
    pool.giveBack(body)
    return {}
  })
  provide('planes', server.socket)
  return async () => {
    await server[Symbol.asyncDispose]()
    await pool[Symbol.asyncDispose]()
  }
}
