import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeWhole } from '../../../scripts/lib/files.ts'
import { temporaryFolder } from '../../helpers/folders.ts'

const program = ['--import', 'tsx', 'test/helpers/write-whole.ts']

test('a file is one of two whole texts at any moment, and after its writer is killed', async () => {
  const path = join(await temporaryFolder(), 'file.txt')
  const whole = ['a300000', 'b100000']
  const seen = new Map<string, number>()
  /** What the file holds, in short: `a300000`, or anything else when it is not whole. */
  const look = async () => {
    const text = await readFile(path, 'utf8')
    const letters = [...new Set(text)].join('')
    const short = letters.length === 2 && text.endsWith('\n') ? `${letters.charAt(0)}${text.length - 1}` : `${letters}?`
    seen.set(short, (seen.get(short) ?? 0) + 1)
    return short
  }
  for (const rounds of [50, 120]) {
    const child = spawn(process.execPath, [...program, path, '1000000', ...whole], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const exited = once(child, 'exit')
      await once(child.stdout, 'data')
      for (let round = 0; round < rounds; round++) expect(whole).toContain(await look())
      child.kill('SIGKILL')
      await exited
      expect(whole).toContain(await look())
    } finally {
      child.kill('SIGKILL')
    }
  }
  expect([...seen.keys()].sort()).toEqual(whole)
  await writeWhole(path, 'next\n')
  expect(await readFile(path, 'utf8')).toBe('next\n')
})

/** What keeps a file from being written, in a shell: the disk where this machine lets a test mount one, a limit everywhere. */
const fullDisks = [
  { title: 'a limit on the size of a file', shell: ['sh', '-c'], prepare: 'ulimit -f 40', reason: /EFBIG/ },
  {
    title: 'a full disk',
    // Mounted for this shell alone, and gone with it.
    shell: ['unshare', '-rm', 'sh', '-c'],
    prepare: 'mount -t tmpfs -o size=64k none "$FOLDER" && printf "old text\\n" > "$FILE"',
    reason: /the disk is full/,
  },
].filter(({ shell: [file = '', ...args] }) => spawnSync(file, [...args, 'true']).status === 0)

test.each(fullDisks)(
  '$title keeps the old text, leaves nothing beside it, and is reported',
  async ({ shell, prepare, reason }) => {
    const folder = await temporaryFolder()
    const path = join(folder, 'file.txt')
    await writeFile(path, 'old text\n')
    const script = `${prepare} && "$@"; code=$?; cat "$FILE"; ls -A "$FOLDER"; exit $code`
    const write = (size: string) => sh([...shell, script, 'sh', process.execPath, ...program, path, '1', size], folder)

    const refused = await write('a100000')
    expect(refused).toMatchObject({ exitCode: 3, stderr: '' })
    const [told = '', ...after] = refused.stdout.split(/(?<=\})/)
    expect(JSON.parse(told)).toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      where: path,
      message: expect.stringMatching(reason),
    })
    expect(after.join('')).toBe('old text\nfile.txt\n')

    expect(await write('a10')).toEqual({ exitCode: 0, stdout: 'first\naaaaaaaaaa\nfile.txt\n', stderr: '' })
  },
)

test('a file has the permissions it is given, whatever was there', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'deep/folder/private.txt')
  await writeWhole(path, 'private\n', 0o600)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await writeWhole(path, 'public\n')
  expect((await stat(path)).mode & 0o777).toBe(0o644)
  expect(await readdir(join(folder, 'deep/folder'))).toEqual(['private.txt'])
})

// --- internal ---

function sh([file = '', ...args]: readonly string[], folder: string) {
  const env = { ...process.env, FOLDER: folder, FILE: join(folder, 'file.txt') }
  return new Promise<{ exitCode: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(file, args, { env }, (error, stdout, stderr) => resolve({ exitCode: error?.code ?? 0, stdout, stderr }))
  })
}
