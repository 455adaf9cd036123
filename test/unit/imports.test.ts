import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  circleProblems,
  fileProblems,
  importProblems,
  importsOf,
  nameProblems,
  outputProblems,
  processProblems,
  roomOf,
  type Sources,
  signalProblems,
  unusedExceptions,
  writerProblems,
} from '../helpers/boundaries.ts'

const scripts: Sources = new Map(
  readdirSync('scripts', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => [join('scripts', name), readFileSync(join('scripts', name), 'utf8')]),
)

/** In a template of the source under test. */
const inserted = ['$', '{name}'].join('')

const one = (path: string, text: string): Sources => new Map([[path, text]])

test('imports go one way: commands, then what they use, then model, then lib', () => {
  expect(scripts.size).toBeGreaterThan(100)
  expect(importProblems(scripts)).toEqual([])
})

test('what only reads is given nothing that can write', () => {
  expect(writerProblems(scripts)).toEqual([])
  const line = `import type { KubernetesClient } from '../kubernetes/client.ts'`
  expect(writerProblems(one('scripts/inspect/x.ts', line))).toHaveLength(1)
  expect(writerProblems(one('scripts/change/x.ts', line))).toEqual([])
})

test('the documentation lists every room, once', () => {
  const text = readFileSync('docs/development.md', 'utf8')
  const [, section = ''] = /^## Rooms$(.*?)^## /ms.exec(text) ?? []
  const listed = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, room]) => room)
  const rooms = new Set([...scripts.keys()].map(roomOf).filter((room) => !room.endsWith('.ts')))
  expect(listed.sort()).toEqual([...rooms].sort())
})

test('no files import each other in a circle', () => {
  expect(circleProblems(scripts)).toEqual([])
  const circle: Sources = new Map([
    ['scripts/lib/a.ts', `import { b } from './b.ts'`],
    ['scripts/lib/b.ts', `import type { C } from './deep/c.ts'`],
    ['scripts/lib/deep/c.ts', `import { a } from '../a.ts'`],
    ['scripts/lib/d.ts', `import { a } from './a.ts'`],
  ])
  expect(circleProblems(circle)).toEqual([
    'scripts/lib/a.ts imports scripts/lib/b.ts imports scripts/lib/deep/c.ts imports scripts/lib/a.ts; cut the circle',
  ])
})

test('only cli.ts reads arguments and the environment, prints or exits', () => {
  expect(processProblems(scripts)).toEqual([])
  expect(processProblems(one('scripts/other.ts', scripts.get('scripts/cli.ts') ?? '')).length).toBeGreaterThan(8)
})

test('nothing foreign gets around what is printable, or into a command', () => {
  expect(outputProblems(scripts)).toEqual([])
})

test.each([
  ['a cast', 'io.out(text as Printable)'],
  ['a cast in two steps', 'io.out(rows as unknown as Printable)'],
  ['a command of ours', 'fix: `Run \\`npm run status -- --environment x\\`.`'],
  ['npm start', "fix: 'Run npm start.'"],
  ['a text taken for a document', `io.out(document(\`${inserted}\`))`],
  ['several lines as one', 'io.log(formatProblems(problems).trimEnd())'],
  ['the output of a program', "spawn(file, args, { stdio: 'inherit' })"],
  ['a name in a command', `const fix = \`kubectl delete secret ${inserted}\``],
  ['a name in a command of a sentence', `const fix = \`${inserted} \\\`scw iam policy delete ${inserted}\\\`.\``],
])('%s is reported', (_, line) => {
  expect(outputProblems(one('scripts/lib/x.ts', line))).toHaveLength(1)
})

test('a quoted command is fine', () => {
  const lines = [
    `fix: shell\`curl ${inserted}\``,
    `fix: kubectl\`delete secret ${inserted}\``,
    `fix: \`Run \\\`\${kubectl\`delete secret ${inserted}\`}\\\`.\``,
  ]
  for (const line of lines) expect(outputProblems(one('scripts/lib/x.ts', line))).toEqual([])
  for (const line of [`shell\`kubectl get secrets\``, `shell\`helm history ${inserted}\``])
    expect(outputProblems(one('scripts/lib/x.ts', line))).toHaveLength(1)
})

test('every file of scripts/ is named after what it knows, and is short', () => {
  expect(fileProblems(scripts)).toEqual([])
})

test('files of the same name are about the same thing', () => {
  expect(nameProblems(scripts)).toEqual([])
  const paths = [
    'scripts/lib/find.ts',
    'scripts/model/find.ts',
    'scripts/commands/find.ts',
    'scripts/local/emulator/find.ts',
  ]
  expect(nameProblems(new Map(paths.map((path) => [path, ''])))).toEqual([
    'scripts/lib/find.ts and scripts/model/find.ts are called find.ts; name each after what it alone knows',
  ])
})

test('no exception outlives its reason', () => {
  expect(unusedExceptions(scripts)).toEqual([])
  expect(unusedExceptions(new Map())).not.toEqual([])
})

test.each([
  ['a value', `import { findStale } from '../generate/stale-files.ts'`],
  ['a type', `import type { StaleFile } from '../generate/stale-files.ts'`],
  ['over several lines', `import {\n  type StaleFile,\n  findStale,\n} from '../generate/stale-files.ts'`],
  ['for its effects', `import '../generate/stale-files.ts'`],
  ['in double quotes', `import { findStale } from "../generate/stale-files.ts"`],
  ['later', `const { findStale } = await import('../generate/stale-files.ts')`],
  ['later, in a template', 'await import(`../generate/stale-files.ts`)'],
  ['a type, in its place', `let file: import('../generate/stale-files.ts').StaleFile`],
  ['by passing it on', `export { findStale } from '../generate/stale-files.ts'`],
  ['the old way', `const plan = require('../generate/stale-files.ts')`],
])('an import of a forbidden room is reported: %s', (_, line) => {
  expect(importProblems(one('scripts/chart/manifests.ts', `// first\n${line}\nlast()\n`))).toEqual([
    'scripts/chart/manifests.ts imports scripts/generate/stale-files.ts; chart may import payload, model and lib',
  ])
  expect(importProblems(one('scripts/commands/check.ts', line))).toEqual([])
})

test.each([
  ['scripts/cli.ts', './commands/check.ts', 'cli.ts may import lib'],
  ['scripts/local/emulator/world.ts', '../../model/names.ts', 'local/emulator may import lib'],
  ['scripts/local/emulator/iam/store.ts', '../../../scaleway/iam.ts', 'local/emulator may import lib'],
  ['scripts/local/emulator/world.ts', '../stack/ports.ts', 'local/emulator may import lib'],
  ['scripts/local/toolchain/find.ts', '../stack/ports.ts', 'local/toolchain may import lib'],
  ['scripts/model/rules/names.ts', '../../generate/pages.ts', 'model may import lib'],
  ['scripts/model/resolve.ts', '../payload/seed.ts', 'model may import lib'],
  ['scripts/lib/files.ts', '../model/names.ts', 'lib may import nothing of ours'],
  ['scripts/kubernetes/client.ts', '../scaleway/http.ts', 'kubernetes may import payload, model and lib'],
  ['scripts/kubernetes/client.ts', '../cluster/stores.ts', 'kubernetes may import payload, model and lib'],
  ['scripts/scaleway/http.ts', '../kubernetes/errors.ts', 'scaleway may import payload, model and lib'],
  [
    'scripts/generate/pages.ts',
    '../chart/helm.ts',
    'generate may import payload, model, lib and schema/chart-values.ts',
  ],
  [
    'scripts/generate/pages.ts',
    '../session/access.ts',
    'generate may import payload, model, lib and schema/chart-values.ts',
  ],
  ['scripts/session/application.ts', '../inspect/survey/outdated.ts', 'session may import generate, local/toolchain, '],
  [
    'scripts/session/generated-files.ts',
    '../local/emulator/world.ts',
    'session may import generate, local/toolchain, ',
  ],
  [
    'scripts/inspect/plan/plan-objects.ts',
    '../../change/fill/execute-fill.ts',
    'inspect may import session, generate, ',
  ],
  ['scripts/change/restart/look.ts', '../../local/stack/stack.ts', 'change may import inspect, session, generate, '],
  [
    'scripts/local/stack/stack.ts',
    '../../change/fill/execute-fill.ts',
    'local/stack may import local/emulator, session, ',
  ],
  ['scripts/local/stack/stack.ts', '../../commands/start.ts', 'local/stack may import local/emulator, session, '],
  ['scripts/commands/render.ts', './check.ts', 'commands may import bench, change, local/stack, '],
  ['scripts/chart/helm.ts', '../../test/helpers/tools.ts', 'chart may import payload, model and lib'],
])('%s may not import %s', (path, from, message) => {
  const [problem, ...others] = importProblems(one(path, `import { x } from '${from}'`))
  expect(problem).toContain(`${path} imports `)
  expect(problem).toContain(`; ${message}`)
  expect(others).toEqual([])
})

test.each([
  ['scripts/generate/chart-values.ts', '../../schema/chart-values.ts'],
  ['scripts/local/emulator/iam/store.ts', '../http/call.ts'],
  ['scripts/model/rules/names.ts', '../../lib/problems.ts'],
  ['scripts/local/stack/stack.ts', '../emulator/emulator.ts'],
  ['scripts/commands/bench.ts', '../bench/report.ts'],
  ['scripts/bench/bench-report.ts', '../session/application.ts'],
  ['scripts/catalogue.ts', './environments.ts'],
  ['scripts/lib/files.ts', 'node:fs'],
])('%s may import %s', (path, from) => {
  expect(importProblems(one(path, `import { x } from '${from}'`))).toEqual([])
})

test('nothing imports the two files a user edits, which may be in another folder', () => {
  const message = "only scripts/session/application.ts loads it, from the user's folder"
  for (const name of ['catalogue', 'environments']) {
    const target = `scripts/${name}.ts`
    for (const path of ['scripts/commands/check.ts', 'scripts/generate/generate.ts', 'scripts/bench/bench-report.ts']) {
      const refused = [`${path} imports ${target}; ${message}`]
      expect(importProblems(one(path, `import x from '../${name}.ts'`))).toEqual(refused)
      expect(importProblems(one(path, `await import('../${name}.ts')`))).toEqual(refused)
    }
    const application = 'scripts/session/application.ts'
    const refused = [`${application} imports ${target}; ${message}`]
    expect(importProblems(one(application, `await import('../${name}.ts')`))).toEqual(refused)
  }
})

test('a computed path hides what is imported, so only what loads a command or the data files may use one', () => {
  const text = 'await import(pathToFileURL(file).href)'
  expect(importProblems(one('scripts/cli.ts', text))).toEqual([])
  expect(importProblems(one('scripts/session/data-file.ts', text))).toEqual([])
  for (const computed of [text, `await import(\`../\${room}/plan.ts\`)`, 'require(name)']) {
    expect(importProblems(one('scripts/lib/load.ts', computed))).toEqual([
      'scripts/lib/load.ts imports a computed path; only scripts/cli.ts and scripts/session/data-file.ts may',
    ])
  }
})

test('what waits ends when it should, and says why', () => {
  expect(signalProblems(scripts)).toEqual([])
  const wrong = ['AbortSignal.any([a, b])', 'AbortSignal.timeout(1)', 'await sleep(1, undefined, { signal })']
  for (const text of wrong) expect(signalProblems(one('scripts/lib/x.ts', text))).toHaveLength(1)
  expect(signalProblems(one('scripts/lib/x.ts', 'await sleep(20); // AbortSignal.any'))).toEqual([])
})

test('a new room is listed before it is used', () => {
  expect(importProblems(one('scripts/cloud/client.ts', `import { x } from '../lib/exec.ts'`))).toEqual([
    'scripts/cloud/client.ts is in no room of the design; list "cloud" with what it may import',
  ])
})

test('comments and addresses are not imports', () => {
  const text = `/** as in import('../generate/stale-files.ts') */\n// from '../generate/stale-files.ts'\nconst url = 'https://example.org'\n`
  expect(importsOf(text)).toEqual([])
  expect(processProblems(one('scripts/lib/x.ts', '// process.exit and console.log are for cli.ts\n'))).toEqual([])
})

test.each(['process.argv', 'process.env', 'process.exit', 'process.exitCode', 'process.stdout', 'process?.stderr'])(
  '%s is reported',
  (use) => {
    expect(processProblems(one('scripts/lib/x.ts', `f(${use})`))).toEqual([
      `scripts/lib/x.ts uses ${use}; only scripts/cli.ts may, and hands it on as CommandIo`,
    ])
  },
)

test('console and the process as a module are reported', () => {
  expect(processProblems(one('scripts/lib/x.ts', `console.log('x')`))).toHaveLength(1)
  expect(processProblems(one('scripts/lib/x.ts', `import { env } from 'node:process'`))).toHaveLength(1)
  expect(processProblems(one('scripts/lib/x.ts', 'child.process.pid; process.platform; process.kill(1)'))).toEqual([])
})

test.each([
  ['scripts/lib/utils.ts', 'is named after nothing'],
  ['scripts/generate/helpers/text.ts', 'is named after nothing'],
  ['scripts/common.ts', 'is named after nothing'],
])('%s is reported', (path, message) => {
  expect(fileProblems(one(path, ''))).toEqual([expect.stringContaining(`${path} ${message}`)])
})

test('a file of more than 250 lines is reported', () => {
  expect(fileProblems(one('scripts/generate/x.ts', 'x\n'.repeat(251)))).toEqual([
    'scripts/generate/x.ts has 251 lines; split it by question, at most 250 are allowed',
  ])
  expect(fileProblems(one('scripts/generate/x.ts', 'x\n'.repeat(250)))).toEqual([])
})
