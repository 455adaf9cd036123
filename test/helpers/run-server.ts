import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What the main process of a run of tests keeps for the files, which are in other processes. */
export interface RunServer extends AsyncDisposable {
  /** Where it is asked. */
  readonly socket: string
}

/**
 * @param name begins the name of its folder
 * @param act answers what is asked: a path, and a text that came with it
 */
export async function startRunServer(name: string, act: (path: string, body: string) => unknown): Promise<RunServer> {
  const folder = await mkdtemp(join(tmpdir(), `ts-${name}-`))
  const answerTo = async (path: string, asked: AsyncIterable<string>) => act(path, await textOf(asked))
  const server = createServer((asked, response) => {
    answerTo(asked.url ?? '', asked.setEncoding('utf8')).then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  const socket = join(folder, 'socket')
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return {
    socket,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Asks a server of this run. */
export function askRun<T>(socket: string, path: string, body = ''): Promise<T> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath: socket, path, method: 'POST' }, async (answer) => {
      const text = await textOf(answer.setEncoding('utf8'))
      if (answer.statusCode === 200) resolve(JSON.parse(text) as T)
      else reject(new Error(text))
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

// --- internal ---

async function textOf(parts: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const part of parts) text += part
  return text
}
