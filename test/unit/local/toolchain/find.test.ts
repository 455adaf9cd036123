import { readFileSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseYamlDocuments } from '../../../../scripts/lib/yaml.ts'
import { findTool, findTools, type ToolchainIo } from '../../../../scripts/local/toolchain/find.ts'
import { buildWithGo } from '../../../../scripts/local/toolchain/go.ts'
import { readRecipe } from '../../../../scripts/local/toolchain/recipes.ts'
import { tools } from '../../../../scripts/local/toolchain/tools.ts'
import { executable, temporaryFolder } from '../../../helpers/folders.ts'
import { productFolder as root } from '../../../helpers/generating.ts'
import { problemOf } from '../../../helpers/problems.ts'

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
    productFolder: root,
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
     first=$1
     if [ "$first" = build ]; then echo built >> "${folder}/builds"; fi
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
  expect(problem.message).toBe('names /nowhere/helm, which is not an executable file. Expected helm.')
})

describe('a version that an environment variable names', () => {
  const answers = {
    helm: answering,
    helm3: answering,
    ct: (version: string) => `echo "Version: v${version}"`,
    etcd: (version: string) => `echo "etcd Version: ${version}"`,
    'kube-apiserver': (version: string) => `echo "Kubernetes v${version}"`,
    'kube-controller-manager': (version: string) => `echo "Kubernetes v${version}"`,
  }

  /** What finding it says, and what it finds. */
  async function given(name: keyof typeof answers, version: string) {
    const w = await world()
    const path = await executable(join(w.folder, 'mine', name), answers[name](version))
    const { variable, variableNames } = tools[name]
    const value = variableNames === 'folder' ? dirname(path) : path
    const find = findTool(name, { ...w.io, env: { ...w.io.env, [variable]: value } })
    return { w, path, variable, find }
  }

  test.each([
    ['helm', '4.3.0'],
    ['helm', '4.99.0'],
    ['helm3', '3.22.5'],
    ['ct', '3.14.1'],
    ['etcd', '3.7.0'],
    ['kube-apiserver', '1.37.2'],
    ['kube-controller-manager', '1.37.9'],
  ] as const)('is used without a word when it is tested: %s %s', async (name, version) => {
    const { w, path, variable, find } = await given(name, version)
    expect(await find).toEqual({ name, path, version, source: variable })
    expect(w.lines).toEqual([])
  })

  test.each([
    ['helm', '3.16.0'],
    ['helm', '4.0.0'],
    ['helm3', '3.16.2'],
    ['ct', '3.10.1'],
    ['etcd', '3.5.11'],
    ['etcd', '4.0.0'],
    ['kube-apiserver', '1.30.0'],
    ['kube-apiserver', '1.36.3'],
    ['kube-apiserver', '1.38.0'],
    ['kube-controller-manager', '1.34.4'],
  ] as const)('is used with a warning when it is not tested: %s %s', async (name, version) => {
    const { w, path, variable, find } = await given(name, version)
    expect(await find).toEqual({ name, path, version, source: variable })
    expect(w.lines).toEqual([
      `warning: ${variable}: names ${path}, which is ${name} ${version}. It is used, but the tests run with ${tools[name].tested}. Expected one of these versions.`,
      `  fix: Nothing has to be done while it works; unset ${variable} to let \`npm run setup\` find or build a tested one.`,
      '  (TOOL_UNTESTED)',
    ])
  })

  test.each([
    ['helm', '3.14.0', '>=3.16.0 <5.0.0'],
    ['helm', '5.0.0', '>=3.16.0 <5.0.0'],
    ['helm3', '4.3.1', '>=3.16.0 <4.0.0'],
    ['ct', '2.4.0', '>=3.0.0 <4.0.0'],
    ['etcd', '3.5.10', '>=3.5.11'],
    ['kube-apiserver', '1.29.14', '>=1.30.0'],
    ['kube-controller-manager', '1.29.14', '>=1.30.0'],
  ] as const)('is an error when it is not supported: %s %s', async (name, version, range) => {
    const { w, path, variable, find } = await given(name, version)
    const problem = await problemOf(find)
    expect(problem).toMatchObject({ code: 'TOOL_VERSION', where: variable, exitCode: 5 })
    expect(problem.message).toBe(`names ${path}, which is version ${version}. Expected ${name} ${range}.`)
    expect(problem.fix).toBe(`Correct ${variable}, or unset it to let \`npm run setup\` find or build the tool.`)
    expect(w.lines).toEqual([])
  })

  test('of Kubernetes starts where that of the chart does', () => {
    const [chart] = parseYamlDocuments(readFileSync('charts/tiered-secrets/Chart.yaml', 'utf8'), 'Chart.yaml')
    expect((chart as { kubeVersion: string }).kubeVersion).toBe(`${tools['kube-apiserver'].supported}-0`)
    expect(tools['kube-controller-manager'].supported).toBe(tools['kube-apiserver'].supported)
  })
})

test('an operator without a flag that it is started with is reported with the versions that have it', async () => {
  const w = await world()
  const old = await executable(join(w.folder, 'old'), 'echo "--enable-cluster-store-reconciler --metrics-addr"')
  const now = await executable(join(w.folder, 'now'), 'echo "--live-addr string"')
  const given = (path: string) => ({ ...w.io, env: { ...w.io.env, EXTERNAL_SECRETS_BIN: path } })
  const problem = await problemOf(findTool('external-secrets', given(old)))
  expect(problem.message).toBe(
    `names ${old}, which doesn't answer like external-secrets. Expected external-secrets 0.20.1 or newer.`,
  )
  expect(await findTool('external-secrets', given(now))).toMatchObject({ path: now, version: 'unknown' })
})

test('a program that answers nothing like the tool is an error', async () => {
  const w = await world()
  const other = await executable(join(w.folder, 'other'), 'echo hello')
  const env = { ...w.io.env, EXTERNAL_SECRETS_BIN: other }
  expect((await problemOf(findTool('external-secrets', { ...w.io, env }))).message).toBe(
    `names ${other}, which doesn't answer like external-secrets. Expected external-secrets 0.20.1 or newer.`,
  )
})

test('every wrong variable is reported at once, and nothing is built before', async () => {
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
  await executable(join(assets, 'etcd'), 'echo "etcd Version: 3.7.1"')
  await executable(join(assets, 'kube-apiserver'), 'echo "Kubernetes v1.37.1"')
  const io = { ...w.io, env: { ...w.io.env, KUBEBUILDER_ASSETS: assets } }
  const found = await findTools(['etcd', 'kube-apiserver', 'kube-controller-manager'], io)
  expect(found.etcd).toMatchObject({ version: '3.7.1', source: 'KUBEBUILDER_ASSETS' })
  expect(found['kube-apiserver']).toMatchObject({ version: '1.37.1', source: 'KUBEBUILDER_ASSETS' })
  expect(found['kube-controller-manager'].source).toBe('built')
})

test('a fitting tool on PATH is taken, and helm of major version 3 is found under the name helm too', async () => {
  const w = await world()
  const path = await executable(join(w.folder, 'bin/helm'), answering('3.22.1'))
  expect(await findTool('helm3', w.io)).toEqual({ name: 'helm3', path, version: '3.22.1', source: 'PATH' })
})

test('a tool on PATH of a version that is not supported is passed over, with a word about it', async () => {
  const w = await world()
  await installGo(w)
  const path = await executable(join(w.folder, 'bin/helm'), answering('3.14.0'))
  expect(await findTool('helm', w.io)).toMatchObject({ source: 'built' })
  expect(w.lines).toContain(`helm: ${path} is 3.14.0, not helm >=4.3.0 <5.0.0`)
})

describe('a Helm on PATH that is supported, and not tested,', () => {
  async function untested(version = '3.16.0') {
    const w = await world()
    return { w, path: await executable(join(w.folder, 'bin/helm'), answering(version)) }
  }

  test.each(['3.16.0', '3.22.0', '4.0.0', '4.2.9'])(
    'is used with a warning, and nothing is built: %s',
    async (version) => {
      const { w, path } = await untested(version)
      expect(await findTool('helm', w.io)).toEqual({ name: 'helm', path, version, source: 'PATH' })
      expect(w.lines).toEqual([
        `warning: ${path}: is helm ${version}. It is used, but the tests run with >=4.3.0 <5.0.0. Expected one of these versions.`,
        '  fix: Nothing has to be done while it works; `npm run setup -- --only helm` builds a tested one, which is used from then on.',
        '  (TOOL_UNTESTED)',
      ])
    },
  )

  test('comes after a tested one, in the cache or later on PATH', async () => {
    const { w, path } = await untested()
    const { key, version } = await readRecipe('helm', root)
    const cached = await executable(join(w.cache, key, 'bin/helm'), '')
    expect(await findTool('helm', w.io)).toEqual({ name: 'helm', path: cached, version, source: 'cache' })
    const later = await executable(join(w.folder, 'later/helm'), answering('4.9.0'))
    const env = { ...w.io.env, PATH: `${dirname(path)}:${dirname(later)}` }
    expect(await findTool('helm', { ...w.io, env })).toMatchObject({ path: later, source: 'PATH' })
    expect(w.lines).toEqual([])
  })

  test('is not taken where a tested one is wanted, as setup does', async () => {
    const { w } = await untested()
    await installGo(w)
    expect(await findTool('helm', { ...w.io, onlyTested: true })).toMatchObject({ source: 'built' })
  })

  test('is not a rule for other programs', async () => {
    const w = await world()
    await installGo(w)
    await executable(join(w.folder, 'bin/ct'), 'echo "Version: v3.10.1"')
    expect(await findTool('ct', w.io)).toMatchObject({ source: 'built' })
  })
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

describe('a build on a terminal', () => {
  /** A Go that has three packages to compile, and gets as far as told. */
  const goWith = (end: string) => `
    if [ "$first" = list ]; then
      echo "go: downloading example.org/b v1.0.0" >&2
      printf 'example.org/a\\nexample.org/b\\nexample.org/helm\\n'; exit 0
    fi
    printf 'example.org/cached\\nexample.org/a\\nexample.org/b\\n' >&2
    ${end}`

  test('counts the packages that are compiled, of those that Go has not compiled before', async () => {
    const w = await world()
    const io = { ...w.io, isTerminal: true }
    const counts: string[] = []
    const recipe = await readRecipe('helm', root)
    const folder = join(w.folder, 'building')
    await mkdir(folder)
    await installGo(w, goWith('echo example.org/helm >&2; echo fake > "$out$(basename "$last")"'))
    const progress = {
      phase: (text: string) => void counts.push(text),
      count: (done: number, total: number) => void counts.push(`${done} of ${total}`),
      end: () => {},
      [Symbol.dispose]: () => {},
    }
    await buildWithGo({ recipe, folder, destination: folder, io, progress })
    expect(counts).toEqual([
      'loading its sources',
      'downloading modules (1 so far)',
      'building',
      '1 of 3',
      '2 of 3',
      'linking',
    ])
  })

  test('is reported in two lines when it is over before a second is', async () => {
    const w = await world()
    await installGo(w, goWith('echo fake > "$out$(basename "$last")"'))
    await findTool('kubeconform', { ...w.io, isTerminal: true })
    expect(w.lines).toHaveLength(2)
  })

  test('that fails shows what is wrong, and not the names of the packages', async () => {
    const w = await world()
    await installGo(w, goWith('echo "main.go:3: undefined: x" >&2; echo example.org/helm >&2; exit 1'))
    const problem = await problemOf(findTool('helm', { ...w.io, isTerminal: true }))
    expect(problem.lastLines).toEqual(['example.org/cached', 'main.go:3: undefined: x'])
  })

  test('continues without a bar when Go can not list the packages', async () => {
    const w = await world()
    await installGo(w, '[ "$first" = list ] && exit 1; echo fake > "$out$(basename "$last")"')
    expect(await findTool('helm', { ...w.io, isTerminal: true })).toMatchObject({ source: 'built' })
  })
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
])('a build that ends with "%s" is reported as %s', async (line, code, fact) => {
  const w = await world()
  await installGo(w, `echo "${line}" >&2; exit 1`)
  const problem = await problemOf(findTool('helm', w.io))
  expect(problem).toMatchObject({ code, exitCode: 5 })
  expect(problem.message).toContain(fact)
})

test('the module proxy that was set is reported without the name and the password in it', async () => {
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

test('a missing Go is reported in one sentence with the remedy', async () => {
  const w = await world()
  const problem = await problemOf(findTool('helm', w.io))
  expect(problem).toMatchObject({ code: 'GO_MISSING', where: 'Go', exitCode: 5 })
  expect(problem.message).toBe(
    `there is no \`go\` on PATH, and it is needed to build helm. helm was looked for: HELM_BIN is not set; on PATH: no helm; ${w.cache} has none. Expected helm >=3.16.0 <5.0.0, or Go 1.26.0 or newer.`,
  )
  expect(problem.fix).toBe(
    'Put helm >=3.16.0 <5.0.0 on PATH, or name it with HELM_BIN; in a pipeline, use an image that has it (docs/rights.md). Or install Go from https://go.dev/dl/ or with your package manager.',
  )
})

test('what was found and refused is reported where there is no Go either', async () => {
  const w = await world()
  const path = await executable(join(w.folder, 'bin/helm'), answering('3.10.0'))
  expect((await problemOf(findTool('helm', w.io))).message).toContain(`on PATH: ${path} is 3.10.0; `)
  const { message, fix } = await problemOf(findTool('external-secrets', w.io))
  expect(message).toContain('external-secrets was looked for: EXTERNAL_SECRETS_BIN is not set; /')
  expect(fix).toMatch(/^Name it with EXTERNAL_SECRETS_BIN; /)
})

test('a Go that is too old is reported with both versions', async () => {
  const w = await world()
  await executable(join(w.folder, 'bin/go'), `echo '{"GOVERSION":"go1.22.1"}'`)
  const problem = await problemOf(findTool('helm', w.io))
  expect(problem.code).toBe('GO_TOO_OLD')
  expect(problem.message).toContain('is version 1.22.1, too old to build helm. helm was looked for: ')
})

test('a missing Python is reported with the remedy', async () => {
  const w = await world()
  const problem = await problemOf(findTool('yamllint', w.io))
  expect(problem).toMatchObject({ code: 'PYTHON_MISSING', where: 'Python', exitCode: 5 })
})

test('a Python without venv is reported as such', async () => {
  const w = await world()
  const python = await executable(join(w.folder, 'bin/python3'), 'echo 3.12 False')
  const problem = await problemOf(findTool('yamllint', w.io))
  expect(problem.code).toBe('PYTHON_WITHOUT_VENV')
  expect(problem.message).toContain(`${python} is Python 3.12 without the modules venv and pip`)
})

test('an unwritable cache is reported with the variable that moves it', async () => {
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
  const definition = (version: string) =>
    `kind: Other\n---\nmetadata:\n  name: externalsecrets.external-secrets.io\nspec:\n  versions:\n    - name: ${version}\n`
  await writeFile(file, definition('v1'))
  const given = (path: string) => findTool('external-secrets-crds', { ...w.io, env: { EXTERNAL_SECRETS_CRDS: path } })
  expect((await given(file)).path).toBe(file)
  expect((await given(dirname(file))).path).toBe(dirname(file))
  await writeFile(file, definition('v1beta1'))
  const old = await problemOf(given(file))
  expect(old.code).toBe('TOOL_VERSION')
  expect(old.message).toBe(
    `names ${file}, which defines ExternalSecret without version v1. Expected the CRDs of operator 0.16.0 or newer.`,
  )
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
      `warning: ${open}: is skipped, because ${dirname(open)} has mode 0777: every user may write there. ` +
        'Expected a program that nobody but you and root can replace.\n' +
        `  fix: Run \`chmod go-w '${dirname(open)}'\`, or name the program with HELM_BIN.\n` +
        '  (PROGRAM_PASSED_OVER)',
    )
    await chmod(dirname(open), 0o755)
    expect((await findTool('helm', io)).path).toBe(open)
  })

  test('a folder without the program is not reported', async () => {
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
    await executable(join(assets, 'etcd'), 'echo "etcd Version: 3.7.1"')
    await executable(join(assets, 'kube-apiserver'), 'echo "Kubernetes v1.37.1"')
    await chmod(assets, 0o777)
    await findTools(['etcd', 'kube-apiserver'], { ...w.io, env: { ...w.io.env, KUBEBUILDER_ASSETS: assets } })
    expect(w.lines.join('\n').match(/warning: /g)).toHaveLength(1)
  })

  test('a tool in the cache is passed over and built again', async () => {
    const w = await world()
    await installGo(w)
    const { key } = await readRecipe('helm', root)
    const path = await executable(join(w.cache, key, 'bin/helm'), answering('4.3.1'))
    await chmod(dirname(path), 0o777)
    expect(await findTool('helm', w.io)).toMatchObject({ path, source: 'built' })
    expect(w.lines.join('\n')).toContain(`warning: ${path}: is skipped, because ${dirname(path)} has mode 0777`)
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
      `Run \`chmod go-w '${w.cache}'\` and delete files that are not yours, or set TIERED_SECRETS_CACHE to another absolute path.`,
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

  test('another Go is looked for, and the one before it is reported', async () => {
    const w = await world()
    await installGo(w)
    const open = await executable(join(w.folder, 'open/go'), telling(w, '9'))
    await chmod(dirname(open), 0o777)
    const io = { ...w.io, env: { ...w.io.env, PATH: `${dirname(open)}:${join(w.folder, 'bin')}` } }
    expect(await findTool('helm', io)).toMatchObject({ source: 'built' })
    expect(await runsOf(w)).toBe('')
    expect(w.lines.join('\n')).toContain(`warning: ${open}: is skipped`)
  })

  test.each([
    ['go', 'helm', 'GO_MISSING'],
    ['python3', 'yamllint', 'PYTHON_MISSING'],
  ] as const)('%s is not run either, and is reported beside its absence', async (name, tool, code) => {
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
