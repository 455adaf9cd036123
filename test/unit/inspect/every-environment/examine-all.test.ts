import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type AllEnvironments,
  type Examined,
  examineAll,
} from '../../../../scripts/inspect/every-environment/examine-all.ts'
import { allTable, type Form, printAll } from '../../../../scripts/inspect/every-environment/report.ts'
import type { CommandIo } from '../../../../scripts/lib/command.ts'
import { commandLine, kubectl } from '../../../../scripts/lib/command-line.ts'
import type { Shown } from '../../../../scripts/lib/output.ts'
import { lines, type Printable, unstyled } from '../../../../scripts/lib/printable.ts'
import { exitCodes, ProblemError } from '../../../../scripts/lib/problems.ts'
import type { Application, EnvironmentSpec } from '../../../../scripts/model/types.ts'
import { kiosk } from '../../../fixtures/kiosk.ts'
import { temporaryFolder } from '../../../helpers/folders.ts'
import { forgedParts, forgery } from '../../../helpers/hostile-text.ts'

const fine: Examined = { exitCode: exitCodes.ok, summary: 'all is well', document: { a: 1 }, told: lines() }

async function writeData(folder: string, application: Application): Promise<void> {
  await mkdir(join(folder, 'scripts'), { recursive: true })
  for (const name of ['catalogue', 'environments'] as const)
    await writeFile(join(folder, `scripts/${name}.mjs`), `export default ${JSON.stringify(application[name])}\n`)
}

/** Environments of one application, with all their contexts but those left out; what is printed is kept. */
async function world(environments: Readonly<Record<string, object>>, without: readonly string[] = []) {
  const spec = kiosk.environments.production as EnvironmentSpec
  const all = Object.fromEntries(
    Object.entries(environments).map(([name, fields], index) => [
      name,
      { ...spec, ...named(name, index), ...fields } as unknown as EnvironmentSpec,
    ]),
  )
  const application: Application = { catalogue: kiosk.catalogue, environments: all }
  const userFolder = await temporaryFolder()
  const write = async (path: string, text: string) => writeFile(join(userFolder, path), text)
  await writeData(userFolder, application)
  const contexts = Object.keys(all).filter((name) => !without.includes(name))
  await write('kubeconfig', JSON.stringify({ contexts: contexts.map((name) => ({ name: `at-${name}` })) }))
  const printed = { out: '', told: '', log: [] as string[] }
  const text = (shown: Shown) => unstyled(typeof shown === 'function' ? shown(undefined) : shown)
  const controller = new AbortController()
  const io = {
    userFolder,
    productFolder: userFolder,
    typedIn: userFolder,
    env: { KUBECONFIG: join(userFolder, 'kubeconfig') },
    signal: controller.signal,
    isTerminal: true,
    commands: { titles: async () => [], load: async () => undefined },
    out(shown: Shown) {
      printed.out += text(shown)
    },
    tell(shown: Shown) {
      printed.told += text(shown)
    },
    log(line: string) {
      printed.log.push(line)
    },
    get input(): never {
      throw new Error('nobody is asked')
    },
  } as CommandIo
  return { io, printed, controller }
}

const named = (name: string, index: number) => ({
  kubeContext: `at-${name}`,
  cluster: undefined,
  projectId: `5f2c8a1e-7b3d-4c6f-9a0e-1d2b3c4e5f${10 + index}`,
  example: false,
  iamApplications: Object.fromEntries(Object.keys(kiosk.catalogue.tiers).map((tier) => [tier, `${name}-${tier}-keys`])),
})

const rowsOf = ({ rows }: AllEnvironments) =>
  rows.map(({ environment, exitCode, summary }) => [environment, exitCode, summary])

describe('one broken environment hides no other', () => {
  test('whatever is wrong with it, and the worst is the exit code', async () => {
    const { io, printed } = await world(
      {
        good: {},
        lost: {},
        'no-uuid': { projectId: 'x' },
        shapeless: { region: 7 },
        example: { example: true },
        buggy: {},
        down: {},
        sick: {},
      },
      ['lost'],
    )
    const all = await examineAll(io, async ({ environment }) => {
      if (environment === 'buggy') throw new TypeError('x is not a function')
      if (environment === 'sick') return { ...fine, exitCode: exitCodes.problems, summary: 'two in error' }
      if (environment === 'down')
        throw new ProblemError(
          { code: 'CLUSTER_UNREACHABLE', where: 'a', message: 'b', fix: 'c' },
          exitCodes.unreachable,
        )
      return fine
    })
    expect(rowsOf(all)).toEqual([
      ['buggy', 1, 'a bug of tiered-secrets'],
      ['down', 4, 'CLUSTER_UNREACHABLE'],
      ['example', 3, 'ENVIRONMENT_IS_EXAMPLE'],
      ['good', 0, 'all is well'],
      ['lost', 3, 'UNKNOWN_CONTEXT'],
      ['no-uuid', 3, 'PROJECT_ID_INVALID'],
      ['shapeless', 3, 'SHAPE_INVALID'],
      ['sick', 3, 'two in error'],
    ])
    expect(printAll(all, 'table', io)).toBe(1)
    expect(printed.out).toMatch(/^ENVIRONMENT +RESULT +SUMMARY\nbuggy +bug +a bug/)
    expect(printed.told).toContain(
      '\nlost:\nenvironment "lost": its kube context is "at-lost", and there is no such context',
    )
    expect(printed.told).toContain('\nbuggy:\nThis is a bug of tiered-secrets')
  })

  test('what is wrong with all of them is reported once, and nothing is asked', async () => {
    const { io } = await world({ a: { projectId: '5f2c8a1e-7b3d-4c6f-9a0e-1d2b3c4e5f11' }, b: {} })
    await writeData(io.userFolder, { ...kiosk, catalogue: { ...kiosk.catalogue, application: 'Not A Name' } })
    await expect(examineAll(io, () => Promise.reject(new Error('asked')))).rejects.toMatchObject({
      exitCode: 3,
      problems: expect.arrayContaining([expect.objectContaining({ code: 'KUBERNETES_NAME_INVALID' })]),
    })
  })
})

test('each has its own context, in all that is printed for it', async () => {
  const { io, printed } = await world({ a: {}, b: {} })
  const shown: string[][] = []
  let count = 0
  let bothAreHere: () => void = () => undefined
  const met = new Promise<void>((resolve) => {
    bothAreHere = resolve
  })
  await examineAll(io, async ({ environment }, own, context) => {
    if (++count === 2) bothAreHere()
    await met
    own.log('looking')
    shown.push([environment, `${context}`, kubectl`get pods`, commandLine`wait --environment ${environment}`])
    return fine
  })
  // Which of them is ready first is for the machine to say.
  expect(shown.sort()).toEqual([
    ['a', 'at-a', 'kubectl --context at-a get pods', 'npm run wait -- --environment a --context at-a'],
    ['b', 'at-b', 'kubectl --context at-b get pods', 'npm run wait -- --environment b --context at-b'],
  ])
  expect(printed.log.sort()).toEqual(['a: looking', 'b: looking'])
  expect(kubectl`get pods`).toBe('kubectl get pods')
})

test('not more at a time than the limit; an interruption begins no other, and is thrown once those that run have ended', async () => {
  const { io, controller } = await world(Object.fromEntries('abcdefgh'.split('').map((name) => [name, {}])))
  let [running, most, ended, begun] = [0, 0, 0, 0]
  let allBegan: () => void = () => undefined
  const began = new Promise<void>((resolve) => {
    allBegan = resolve
  })
  const result = examineAll(
    io,
    async () => {
      begun++
      most = Math.max(most, ++running)
      if (begun === 3) {
        controller.abort('SIGINT')
        allBegan()
      }
      await began
      // So that one too many would have begun.
      await new Promise((resolve) => setTimeout(resolve, 5))
      running--
      ended++
      io.signal.throwIfAborted()
      return fine
    },
    3,
  )
  await expect(result).rejects.toBe('SIGINT')
  expect([begun, most, ended]).toEqual([3, 3, 3])
})

describe('the report', () => {
  const row = { environment: 'a', ...fine, problems: [], told: lines('one thing'), markdown: lines('### a') }
  const all: AllEnvironments = {
    application: 'kiosk',
    exitCode: 4,
    rows: [
      row,
      { ...row, environment: `b ${forgery} |`, exitCode: 3 },
      { ...row, environment: 'c', exitCode: 4, document: undefined, told: lines('another') },
    ],
  }
  const print = (form: Form) => {
    const printed: { out: Printable; told: Printable } = { out: lines(), told: lines() }
    const show = (shown: Shown) => (typeof shown === 'function' ? shown(80) : shown)
    const code = printAll(all, form, {
      out(shown) {
        printed.out = show(shown)
      },
      tell(shown) {
        printed.told = show(shown)
      },
    })
    return { code, ...printed }
  }

  test('tells each text once, with the names of those it is about', () => {
    expect(print('table').told).toMatch(/^\na, b .*:\none thing\n\nc:\nanother\n$/)
  })

  test('has one exit code in every form, and nothing foreign in it is more than text', () => {
    for (const form of ['table', 'json', 'markdown'] as const) {
      const { code, out } = print(form)
      expect([code, forgedParts(unstyled(out))]).toEqual([4, []])
    }
    expect(JSON.parse(print('json').out)).toMatchObject({
      version: 1,
      application: 'kiosk',
      exitCode: 4,
      environments: [{ result: { a: 1 } }, { exitCode: 3 }, { result: null }],
    })
    const markdown = print('markdown').out
    expect(markdown.split('\n')[0]).toBe('## kiosk, all environments')
    expect(markdown.match(/^### a$/gm)).toHaveLength(3)
  })

  test('fits into 80 columns', () => {
    const long = {
      ...row,
      summary: '3 to add, 1 to change, 1 to remove, 20 unchanged; the API server refuses 1 of them',
    }
    const widths = unstyled(allTable({ rows: [long] }, 80))
      .split('\n')
      .map((line) => line.length)
    expect(Math.max(...widths)).toBeLessThanOrEqual(80)
  })
})
