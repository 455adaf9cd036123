import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { run } from '../../../../scripts/lib/exec.ts'
import { findPrograms } from '../../../../scripts/lib/programs.ts'
import { findTool, type ToolchainIo } from '../../../../scripts/local/toolchain/find.ts'
import { downloadModule } from '../../../../scripts/local/toolchain/go-command.ts'
import { temporaryFolder } from '../../../helpers/folders.ts'
import { problemOf } from '../../../helpers/problems.ts'

/** The pin of the smallest recipe; what a test serves under this name is a package of one line. */
const pin = 'github.com/hashicorp/hcl/v2'
const version = 'v2.24.0'

interface World {
  readonly io: ToolchainIo
  readonly folder: string
  /** With go.mod, go.sum and main.go of the recipe. */
  readonly directory: string
  readonly moduleCache: string
}

/**
 * A repository whose recipe needs one module, and a user whose module proxy serves it, and whose every other setting
 * for Go is one that would let a wrong module pass.
 */
async function world({ word = 'right', sums = sumsOf('right'), go = '1.21' } = {}): Promise<World> {
  const folder = await temporaryFolder()
  const directory = join(folder, 'root/scripts/local/toolchain/go/hclcheck')
  const proxy = join(folder, 'proxy', pin, '@v')
  const moduleCache = join(folder, 'mod')
  await write(directory, {
    'go.mod': `module hclcheck\n\ngo ${go}\n\nrequire ${pin} ${version}\n`,
    'go.sum': sums,
    'main.go': `package main\n\nimport hcl "${pin}"\n\nfunc main() { println(hcl.Word) }\n`,
  })
  await write(proxy, {
    list: `${version}\n`,
    [`${version}.info`]: JSON.stringify({ Version: version }),
    [`${version}.mod`]: goMod,
    [`${version}.zip`]: zipOf(filesOf(word)),
  })
  const settings = join(folder, 'go-env')
  await writeFile(settings, `GOPROXY=file://${join(folder, 'proxy')}\nGOFLAGS=-mod=mod\nGONOSUMDB=*\nGOSUMDB=off\n`)
  const hostile = { GOENV: settings, GOFLAGS: '-mod=mod', GOSUMDB: 'off', GONOSUMDB: '*', GONOSUMCHECK: '1' }
  const other = {
    GOTOOLCHAIN: 'auto',
    GOWORK: '/nowhere/go.work',
    GOEXPERIMENT: 'nothing',
    GOOS: 'plan9',
    CC: '/nowhere',
  }
  const env = {
    ...{ PATH: process.env.PATH, HOME: process.env.HOME, TIERED_SECRETS_CACHE: join(folder, 'cache') },
    ...{ GOMODCACHE: moduleCache, ...hostile, ...other },
  }
  onTestFinished(async () => {
    await run('chmod', ['-R', 'u+w', folder])
  })
  const io = {
    productFolder: join(folder, 'root'),
    env,
    signal: new AbortController().signal,
    log: () => {},
    isTerminal: false,
  }
  return { io, folder, directory, moduleCache }
}

const hasGo = (await findPrograms(['go'], process.env.PATH)).usable.length > 0

describe.runIf(hasGo)('with the real Go', { timeout: 180_000 }, () => {
  test('a module that go.sum lists is built from the proxy of the user, whatever else is set', async () => {
    const { io } = await world()
    const { path } = await findTool('hclcheck', io)
    // A Go program prints this to standard error.
    expect(await run('/bin/sh', ['-c', `'${path}' 2>&1`])).toBe('right')
  })

  test('another module than the one that go.sum lists is refused', async () => {
    const { io, folder } = await world({ word: 'wrong' })
    expect(await problemOf(findTool('hclcheck', io))).toMatchObject({ code: 'CHECKSUM_MISMATCH', exitCode: 5 })
    expect(await readdir(join(folder, 'cache'))).toEqual([])
  })

  test.each([
    ['no line for it', ''],
    ['the line of its go.mod alone', sumsOf('right').split('\n').slice(1).join('\n')],
  ])('of a module for which go.sum has %s, nothing is downloaded, and go.sum stays as it is', async (_, sums) => {
    const { io, directory, moduleCache } = await world({ sums })
    expect(await problemOf(findTool('hclcheck', io))).toMatchObject({ code: 'CHECKSUM_MISMATCH' })
    expect(await problemOf(downloadModule({ name: 'x', directory, io }, pin))).toMatchObject({
      code: 'TOOLCHAIN_DAMAGED',
      where: join(directory, 'go.sum'),
    })
    const stored = await readdir(moduleCache, { recursive: true }).catch(() => [])
    expect(stored.filter((path) => path.endsWith('.zip'))).toEqual([])
    expect(await readFile(join(directory, 'go.sum'), 'utf8')).toBe(sums)
  })

  test('the sources of a module are those that go.sum lists, and others are refused', async () => {
    const right = await world()
    const folder = await downloadModule({ name: 'x', directory: right.directory, io: right.io }, pin)
    expect(await readFile(join(folder, 'hcl.go'), 'utf8')).toContain('"right"')
    const wrong = await world({ word: 'wrong' })
    const download = downloadModule({ name: 'x', directory: wrong.directory, io: wrong.io }, pin)
    expect(await problemOf(download)).toMatchObject({ code: 'CHECKSUM_MISMATCH' })
  })

  test('no other Go is downloaded, because go.sum can list none', async () => {
    const { io, moduleCache } = await world({ go: '1.99' })
    const problem = await problemOf(findTool('hclcheck', io))
    expect(problem).toMatchObject({
      code: 'GO_TOO_OLD',
      message: expect.stringContaining('or Go 1.99 or newer.'),
    })
    expect(await readdir(moduleCache).catch(() => [])).toEqual([])
  })

  test('a module cache that others may change is refused', async () => {
    const { io, moduleCache } = await world()
    await mkdir(moduleCache)
    await chmod(moduleCache, 0o777)
    expect(await problemOf(findTool('hclcheck', io))).toMatchObject({
      code: 'CACHE_OPEN_TO_OTHERS',
      where: moduleCache,
      fix: expect.stringContaining('set GOMODCACHE to another absolute path'),
    })
  })
})

// --- internal ---

const goMod = `module ${pin}\n\ngo 1.21\n`

/** The files of the module, by their path in its archive. */
function filesOf(word: string): ReadonlyMap<string, string> {
  return new Map([
    [`${pin}@${version}/go.mod`, goMod],
    [`${pin}@${version}/hcl.go`, `package hcl\n\nconst Word = "${word}"\n`],
  ])
}

/** The lines of go.sum. Source: golang.org/x/mod/sumdb/dirhash, Hash1. */
function sumsOf(word: string): string {
  const sum = (files: ReadonlyMap<string, string>) => {
    const lines = [...files].map(([path, text]) => `${createHash('sha256').update(text).digest('hex')}  ${path}\n`)
    return `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`
  }
  const ofMod = sum(new Map([['go.mod', goMod]]))
  return `${pin} ${version} ${sum(filesOf(word))}\n${pin} ${version}/go.mod ${ofMod}\n`
}

/** An archive that compresses nothing. Source: PKWARE's APPNOTE.TXT, 4.3. */
function zipOf(files: ReadonlyMap<string, string>): Buffer {
  const entries: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [path, text] of files) {
    const [name, data] = [Buffer.from(path), Buffer.from(text)]
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20)
    common.writeUInt32LE(crc32(data), 10)
    common.writeUInt32LE(data.length, 14)
    common.writeUInt32LE(data.length, 18)
    common.writeUInt16LE(name.length, 22)
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    const entry = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, name, data])
    directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\0'), common, place, name]))
    entries.push(entry)
    offset += entry.length
  }
  const end = Buffer.alloc(18)
  end.writeUInt16LE(files.size, 4)
  end.writeUInt16LE(files.size, 6)
  end.writeUInt32LE(Buffer.concat(directory).length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...entries, ...directory, Buffer.from('PK\u0005\u0006'), end])
}

async function write(folder: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
}
