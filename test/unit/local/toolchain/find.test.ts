import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findTool, findTools, type ToolchainIo } from '../../../../scripts/local/toolchain/find.ts'
import { readRecipe } from '../../../../scripts/local/toolchain/recipes.ts'
import { executable, temporaryFolder } from '../../../helpers/folders.ts'
import { problemOf } from '../../../helpers/problems.ts'

const root = process.cwd()

interface World {
  readonly io: ToolchainIo
  readonly folder: string
  readonly cache: string
  /** What was logged. */
  readonly lines: string[]
}

/** A machine with an empty cache and nothing on PATH but what the test puts there. */
async function world(env: Record<string, string> = {}): Promise<World> {
  const folder = await temporaryFolder()
  const cache = join(folder, 'cache')
  const lines: string[] = []
  const io = {
    root,
    env: { PATH: join(folder, 'bin'), HOME: folder, TIERED_SECRETS_CACHE: cache, ...env },
    signal: new AbortController().signal,
    log: (line: string) => void lines.push(line),
    isTerminal: false,
  }
  return { io, folder, cache, lines }
}

/** A Go that writes a program of the wanted name, or does as told. */
async function installGo({ folder }: World, build = 'for last; do :; done; echo fake > "$out$(basename "$last")"') {
  await executable(
    join(folder, 'bin/go'),
    `PATH=/usr/bin:/bin
     if [ "$1" = env ]; then echo '{"GOVERSION":"go1.26.8"}'; exit 0; fi
     echo built >> "${folder}/builds"
     while [ $# -gt 0 ]; do if [ "$1" = -o ]; then out=$2; fi; last=$1; shift; done
     set -- "$last"
     ${build}`,
  )
}

const answering = (version: string) => `echo v${version}`

test('an environment variable comes first', async () => {
  const w = await world()
  await executable(join(w.folder, 'bin/helm'), answering('4.9.0'))
  const mine = await executable(join(w.folder, 'mine'), answering('4.4.0'))
  const io = { ...w.io, env: { ...w.io.env, HELM_BIN: mine } }
  expect(await findTool('helm', io)).toEqual({ name: 'helm', path: mine, version: '4.4.0', source: 'HELM_BIN' })
})

test('an environment variable that names no file is an error, whatever PATH holds', async () => {
  const w = await world({ HELM_BIN: '/nowhere/helm' })
  await executable(join(w.folder, 'bin/helm'), answering('4.9.0'))
  const problem = await problemOf(findTool('helm', w.io))
  expect(problem).toMatchObject({ code: 'TOOL_NOT_FOUND', where: 'HELM_BIN', exitCode: 5 })
  expect(problem.message).toBe('names /nowhere/helm, which is no executable file. Expected helm.')
})

test('an environment variable that names another version is an error', async () => {
  const w = await world()
  const old = await executable(join(w.folder, 'old'), answering('3.14.0'))
  const problem = await problemOf(findTool('helm', { ...w.io, env: { ...w.io.env, HELM_BIN: old } }))
  expect(problem).toMatchObject({ code: 'TOOL_VERSION', where: 'HELM_BIN', exitCode: 5 })
  expect(problem.message).toBe(`names ${old}, which is version 3.14.0. Expected helm >=4.3.0 <5.0.0.`)
})

test('a program that answers nothing like the tool is an error', async () => {
  const w = await world()
  const other = await executable(join(w.folder, 'other'), 'echo hello')
  const env = { ...w.io.env, EXTERNAL_SECRETS_BIN: other }
  expect((await problemOf(findTool('external-secrets', { ...w.io, env }))).message).toBe(
    `names ${other}, which doesn't answer like external-secrets. Expected external-secrets.`,
  )
})

test('every wrong variable is told at once, and nothing is built before', async () => {
  const w = await world({ HELM_BIN: '/nowhere/helm', CT_BIN: '/nowhere/ct' })
  await installGo(w)
  const { all } = await problemOf(findTools(['kubeconform', 'helm', 'ct'], w.io))
  expect(all.map(({ where }) => where)).toEqual(['HELM_BIN', 'CT_BIN'])
  expect(await readdir(w.folder)).not.toContain('builds')
})

test('KUBEBUILDER_ASSETS names the folder of the control plane; the controller manager may be absent from it', async () => {
  const w = await world()
  await installGo(w)
  const assets = join(w.folder, 'assets')
  await executable(join(assets, 'etcd'), 'echo "etcd Version: 3.6.4"')
  await executable(join(assets, 'kube-apiserver'), 'echo "Kubernetes v1.34.1"')
  const io = { ...w.io, env: { ...w.io.env, KUBEBUILDER_ASSETS: assets } }
  const found = await findTools(['etcd', 'kube-apiserver', 'kube-controller-manager'], io)
  expect(found.etcd).toMatchObject({ version: '3.6.4', source: 'KUBEBUILDER_ASSETS' })
  expect(found['kube-apiserver']).toMatchObject({ version: '1.34.1', source: 'KUBEBUILDER_ASSETS' })
  expect(found['kube-controller-manager'].source).toBe('built')
})

test('KUBEBUILDER_ASSETS of another minor version is an error', async () => {
  const w = await world()
  const assets = join(w.folder, 'assets')
  await executable(join(assets, 'kube-apiserver'), 'echo "Kubernetes v1.31.0"')
  const io = { ...w.io, env: { ...w.io.env, KUBEBUILDER_ASSETS: assets } }
  expect(await problemOf(findTool('kube-apiserver', io))).toMatchObject({
    code: 'TOOL_VERSION',
    where: 'KUBEBUILDER_ASSETS',
  })
})

test('a fitting tool on PATH is taken, and helm of major version 3 is found under the name helm too', async () => {
  const w = await world()
  const path = await executable(join(w.folder, 'bin/helm'), answering('3.22.1'))
  expect(await findTool('helm3', w.io)).toEqual({ name: 'helm3', path, version: '3.22.1', source: 'PATH' })
})

test('a tool on PATH of another version is passed over, with a word about it', async () => {
  const w = await world()
  await installGo(w)
  const path = await executable(join(w.folder, 'bin/helm'), answering('3.14.0'))
  expect(await findTool('helm', w.io)).toMatchObject({ source: 'built' })
  expect(w.lines).toContain(`helm: ${path} is 3.14.0, not helm >=4.3.0 <5.0.0`)
})

test('the cache is used before Go is even looked for', async () => {
  const w = await world()
  const { key, version } = await readRecipe('helm', root)
  const path = await executable(join(w.cache, key, 'bin/helm'), '')
  expect(await findTool('helm', w.io)).toEqual({ name: 'helm', path, version, source: 'cache' })
})

test('what was built once comes from the cache afterwards', async () => {
  const w = await world()
  await installGo(w)
  expect(await findTool('kubeconform', w.io)).toMatchObject({ source: 'built', version: '0.8.0' })
  expect(await findTool('kubeconform', w.io)).toMatchObject({ source: 'cache', version: '0.8.0' })
  expect(await readFile(join(w.folder, 'builds'), 'utf8')).toBe('built\n')
})

test('two that ask at the same time build once', async () => {
  const w = await world()
  await installGo(w, 'sleep 0.4; echo fake > "$out$(basename "$last")"')
  const sources = (await Promise.all([findTool('helm', w.io), findTool('helm', w.io)])).map(({ source }) => source)
  expect(sources.sort()).toEqual(['built', 'cache'])
  expect(await readFile(join(w.folder, 'builds'), 'utf8')).toBe('built\n')
  expect(w.lines.some((line) => line.includes(`process ${process.pid} is building it already, waiting`))).toBe(true)
})

test('a build tells when it starts, with its expected duration, and when it is done', async () => {
  const w = await world()
  await installGo(w)
  await findTool('kubeconform', w.io)
  expect(w.lines[0]).toBe('kubeconform 0.8.0: building, about 10 s when nothing is cached')
  expect(w.lines[1]).toMatch(/^kubeconform 0\.8\.0: ready after \d+ s$/)
})

test('a build that fails shows its last lines and leaves nothing in the cache', async () => {
  const w = await world()
  await installGo(w, 'echo "main.go:3: undefined: x" >&2; exit 1')
  const problem = await problemOf(findTool('helm', w.io))
  expect(problem).toMatchObject({ code: 'BUILD_FAILED', where: 'helm', exitCode: 5 })
  expect(problem.lastLines).toContain('main.go:3: undefined: x')
  expect(await readdir(w.cache)).toEqual([])
})

test.each([
  ['dial tcp: lookup modules.example: no such host', 'DOWNLOAD_FAILED', 'downloaded from the module proxy. Expected'],
  ['verifying x@v1.0.0: checksum mismatch', 'CHECKSUM_MISMATCH', 'is not the one that its go.sum lists'],
  ['write /x: no space left on device', 'DISK_FULL', 'the disk is full'],
])('a build that ends with "%s" is told as %s', async (line, code, fact) => {
  const w = await world()
  await installGo(w, `echo "${line}" >&2; exit 1`)
  const problem = await problemOf(findTool('helm', w.io))
  expect(problem).toMatchObject({ code, exitCode: 5 })
  expect(problem.message).toContain(fact)
})

test('the module proxy that was set is told without the name and the password in it', async () => {
  const w = await world({ GOPROXY: 'https://me:hunter2@modules.example/t0ken?key=hunter3,direct' })
  await installGo(w, 'echo "dial tcp: lookup modules.example: no such host" >&2; exit 1')
  const problem = await problemOf(findTool('helm', w.io))
  expect(problem.message).toContain('from the module proxy (GOPROXY is https://modules.example,direct). Expected')
  expect(problem.message).not.toMatch(/hunter|t0ken/)
})

test('what a killed build left is removed by the next one', async () => {
  const w = await world()
  await installGo(w)
  const { key } = await readRecipe('helm', root)
  await mkdir(join(w.cache, `${key}.building-0000`), { recursive: true })
  await findTool('helm', w.io)
  expect(await readdir(w.cache)).toEqual([key])
})

test('a missing Go is told in one sentence with the remedy', async () => {
  const w = await world()
  const problem = await problemOf(findTool('helm', w.io))
  expect(problem).toMatchObject({ code: 'GO_MISSING', where: 'Go', exitCode: 5 })
  expect(problem.message).toBe('there is no `go` on PATH, and helm must be built. Expected Go 1.26.0 or newer.')
  expect(problem.fix).toContain('https://go.dev/dl/')
})

test('a Go that is too old is told with both versions', async () => {
  const w = await world()
  await executable(join(w.folder, 'bin/go'), `echo '{"GOVERSION":"go1.22.1"}'`)
  const problem = await problemOf(findTool('helm', w.io))
  expect(problem.code).toBe('GO_TOO_OLD')
  expect(problem.message).toContain('is version 1.22.1, too old to build helm. Expected Go 1.26.0 or newer.')
})

test('a missing Python is told with the remedy', async () => {
  const w = await world()
  const problem = await problemOf(findTool('yamllint', w.io))
  expect(problem).toMatchObject({ code: 'PYTHON_MISSING', where: 'Python', exitCode: 5 })
})

test('a Python without venv is told as such', async () => {
  const w = await world()
  const python = await executable(join(w.folder, 'bin/python3'), 'echo 3.12 False')
  const problem = await problemOf(findTool('yamllint', w.io))
  expect(problem.code).toBe('PYTHON_WITHOUT_VENV')
  expect(problem.message).toContain(`${python} is Python 3.12 without the modules venv and pip`)
})

test('an unwritable cache is told with the variable that moves it', async () => {
  const w = await world()
  await installGo(w)
  const file = join(w.folder, 'file')
  await writeFile(file, '')
  const io = { ...w.io, env: { ...w.io.env, TIERED_SECRETS_CACHE: join(file, 'cache') } }
  const problem = await problemOf(findTool('helm', io))
  expect(problem).toMatchObject({ code: 'CACHE_UNUSABLE', exitCode: 5 })
  expect(problem.fix).toContain('TIERED_SECRETS_CACHE')
})

test('CRDs may be given as a file or a folder, and must define ExternalSecret', async () => {
  const w = await world()
  const file = join(w.folder, 'crds/a.yaml')
  await mkdir(dirname(file))
  await writeFile(file, 'metadata:\n  name: externalsecrets.external-secrets.io\n')
  const given = (path: string) => findTool('external-secrets-crds', { ...w.io, env: { EXTERNAL_SECRETS_CRDS: path } })
  expect((await given(file)).path).toBe(file)
  expect((await given(dirname(file))).path).toBe(dirname(file))
  await writeFile(file, 'metadata:\n  name: other\n')
  expect((await problemOf(given(file))).message).toContain('does not hold the definition of ExternalSecret')
  expect((await problemOf(given('/nowhere'))).code).toBe('TOOL_NOT_FOUND')
})

test('a file on PATH that is not executable is not taken', async () => {
  const w = await world()
  await chmod(await executable(join(w.folder, 'bin/ct'), 'echo "Version: v3.14.0"'), 0o644)
  expect((await problemOf(findTool('ct', w.io))).code).toBe('GO_MISSING')
})

describe('where others could put another program in its place', () => {
  /** A helm that tells when it is run. */
  const telling = (w: World, version: string) => `echo run >> "${w.folder}/runs"; ${answering(version)}`
  const runsOf = (w: World) => readFile(join(w.folder, 'runs'), 'utf8').catch(() => '')

  test('a program on PATH is not run, told with the fix, and the next folder is looked in', async () => {
    const w = await world()
    const open = await executable(join(w.folder, 'open/helm'), telling(w, '4.4.0'))
    const closed = await executable(join(w.folder, 'bin/helm'), answering('4.5.0'))
    const io = { ...w.io, env: { ...w.io.env, PATH: `${dirname(open)}:${dirname(closed)}` } }
    await chmod(dirname(open), 0o777)
    expect((await findTool('helm', io)).path).toBe(closed)
    expect(await runsOf(w)).toBe('')
    expect(w.lines.join('\n')).toBe(
      `warning: ${open}: is passed over, because ${dirname(open)} has mode 0777: every user may write there. ` +
        'Expected a program that nobody but you and root can replace.\n' +
        `  fix: Run \`chmod go-w '${dirname(open)}'\`, or name the program with HELM_BIN.\n` +
        '  (PROGRAM_PASSED_OVER)',
    )
    await chmod(dirname(open), 0o755)
    expect((await findTool('helm', io)).path).toBe(open)
  })

  test('a folder without the program is not told', async () => {
    const w = await world()
    const closed = await executable(join(w.folder, 'bin/helm'), answering('4.5.0'))
    await mkdir(join(w.folder, 'open'))
    await chmod(join(w.folder, 'open'), 0o777)
    const io = { ...w.io, env: { ...w.io.env, PATH: `${join(w.folder, 'open')}:${dirname(closed)}` } }
    expect((await findTool('helm', io)).path).toBe(closed)
    expect(w.lines).toEqual([])
  })

  test('a program that an environment variable names is used, with a warning', async () => {
    const w = await world()
    const mine = await executable(join(w.folder, 'mine'), answering('4.4.0'))
    const io = { ...w.io, env: { ...w.io.env, HELM_BIN: mine } }
    await chmod(mine, 0o777)
    expect(await findTool('helm', io)).toMatchObject({ path: mine, source: 'HELM_BIN' })
    expect(w.lines.join('\n')).toContain(
      `warning: HELM_BIN: names a program that others could replace, because ${mine} `,
    )
    await chmod(mine, 0o755)
    w.lines.length = 0
    await findTool('helm', io)
    expect(w.lines).toEqual([])
  })

  test('the tools of one folder that a variable names are one warning', async () => {
    const w = await world()
    const assets = join(w.folder, 'assets')
    await executable(join(assets, 'etcd'), 'echo "etcd Version: 3.6.4"')
    await executable(join(assets, 'kube-apiserver'), 'echo "Kubernetes v1.34.1"')
    await chmod(assets, 0o777)
    await findTools(['etcd', 'kube-apiserver'], { ...w.io, env: { ...w.io.env, KUBEBUILDER_ASSETS: assets } })
    expect(w.lines.join('\n').match(/warning: /g)).toHaveLength(1)
  })

  test('a tool in the cache is passed over and built anew', async () => {
    const w = await world()
    await installGo(w)
    const { key } = await readRecipe('helm', root)
    const path = await executable(join(w.cache, key, 'bin/helm'), answering('4.3.1'))
    await chmod(dirname(path), 0o777)
    expect(await findTool('helm', w.io)).toMatchObject({ path, source: 'built' })
    expect(w.lines.join('\n')).toContain(`warning: ${path}: is passed over, because ${dirname(path)} has mode 0777`)
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o755)
    expect(await findTool('helm', w.io)).toMatchObject({ path, source: 'cache' })
  })

  test('nothing is taken from a whole cache, and nothing is built into it', async () => {
    const w = await world()
    await installGo(w)
    const { key } = await readRecipe('helm', root)
    await executable(join(w.cache, key, 'bin/helm'), telling(w, '4.3.1'))
    await chmod(w.cache, 0o777)
    const problem = await problemOf(findTool('helm', w.io))
    expect(problem).toMatchObject({ code: 'CACHE_OPEN_TO_OTHERS', where: w.cache, exitCode: 5 })
    expect(problem.fix).toBe(
      `Run \`chmod go-w '${w.cache}'\` and delete what you did not put there, or set TIERED_SECRETS_CACHE to another absolute path.`,
    )
    expect(await readdir(w.folder)).not.toContain('builds')
    expect(await runsOf(w)).toBe('')
  })

  test('what a build leaves is writable for its owner alone, whatever the umask', async () => {
    const w = await world()
    await installGo(w, 'echo fake > "$out$(basename "$last")"; chmod 777 "$out" "$out$(basename "$last")"')
    const { path } = await findTool('helm', w.io)
    for (const entry of [path, dirname(path), dirname(dirname(path)), w.cache]) {
      expect([entry, ((await stat(entry)).mode & 0o022).toString(8)]).toEqual([entry, '0'])
    }
    expect(await findTool('helm', w.io)).toMatchObject({ source: 'cache' })
  })

  test('another Go is looked for, and the one before it is told', async () => {
    const w = await world()
    await installGo(w)
    const open = await executable(join(w.folder, 'open/go'), telling(w, '9'))
    await chmod(dirname(open), 0o777)
    const io = { ...w.io, env: { ...w.io.env, PATH: `${dirname(open)}:${join(w.folder, 'bin')}` } }
    expect(await findTool('helm', io)).toMatchObject({ source: 'built' })
    expect(await runsOf(w)).toBe('')
    expect(w.lines.join('\n')).toContain(`warning: ${open}: is passed over`)
  })

  test.each([
    ['go', 'helm', 'GO_MISSING'],
    ['python3', 'yamllint', 'PYTHON_MISSING'],
  ] as const)('%s is not run either, and is told beside its absence', async (name, tool, code) => {
    const w = await world()
    const open = await executable(join(w.folder, 'bin', name), telling(w, '9'))
    await chmod(open, 0o777)
    const { all } = await problemOf(findTool(tool, w.io))
    expect(all.map((problem) => [problem.code, problem.where])).toEqual([
      [code, name === 'go' ? 'Go' : 'Python'],
      ['PROGRAM_PASSED_OVER', open],
    ])
    expect(await runsOf(w)).toBe('')
  })
})
