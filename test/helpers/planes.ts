import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { planePool } from './plane-pool.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The socket of the pool of API servers. */
    planes: string
  }
}

/** Runs before the end-to-end tests: every test file is a process of its own, so this one keeps what they share. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'ts-planes-'))
  const pool = planePool({
    onLost: (reason) => void process.stderr.write(`an API server is not used again: ${reason}\n`),
  })
  const act = async (request: IncomingMessage) => {
    if (request.url !== '/give-back') return pool.take()
    pool.giveBack(await textOf(request))
    return {}
  }
  const server = createServer((request, response) => {
    act(request).then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  const socket = join(folder, 'socket')
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  provide('planes', socket)
  return async () => {
    server.closeAllConnections()
    server.close()
    await pool[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk)
  return text
}
