import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { tryRun } from '../../scripts/lib/exec.ts'
import { cliOfPackage } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folders.ts'

/** A port that somebody listens on. */
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

test.each(['--port', '--admin-port'])(
  'npm run emulate tells of a taken %s, ends with exit code 2 and leaves nothing behind',
  async (option) => {
    const TMPDIR = await temporaryFolder()
    const port = String(await takenPort())
    const ports = { '--port': '0', '--admin-port': '0', [option]: port }
    const args = [...cliOfPackage, 'emulate', ...Object.entries(ports).flat()]
    const { exitCode, stdout, stderr } = await tryRun(process.execPath, args, { env: { TMPDIR }, timeoutMs: 20_000 })
    expect(stderr).toMatch(
      new RegExp(
        `^127\\.0\\.0\\.1:${port}: .*\\. Expected .*\\.\\n {2}fix: .*\`${option} <number>\`.*\\n {2}\\(PORT_IN_USE\\)$`,
      ),
    )
    expect([exitCode, stdout]).toEqual([2, ''])
    expect((await readdir(TMPDIR)).filter((name) => !name.startsWith('tsx-'))).toEqual([])
  },
)
