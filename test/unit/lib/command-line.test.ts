import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import {
  beforeOptions,
  commandLine,
  helm,
  kubectl,
  learnBeginnings,
  learnContext,
  pipedCommandLine,
  whereWrittenIsTyped,
  withWrittenCommands,
  writtenCommandLine,
} from '../../../scripts/lib/command-line.ts'
import { oneFolder } from '../../../scripts/lib/folders.ts'
import { temporaryFolder } from '../../helpers/folders.ts'

test('options of ours stand behind dashes, or npm would take them', () => {
  expect(commandLine`status --environment ${'recette'}`).toBe('npm run status -- --environment recette')
  expect(commandLine`check`).toBe('npm run check')
  expect(commandLine`rotate ${'backend.SESSION_SECRET'}`).toBe('npm run rotate -- backend.SESSION_SECRET')
  expect(beforeOptions('status')).toBe('npm run status --')
})

test('npm has a name of its own for start', () => {
  expect(commandLine`start`).toBe('npm start')
  expect(commandLine`start --once`).toBe('npm start -- --once')
  expect(commandLine`${'start'} --once`).toBe('npm start -- --once')
  expect(beforeOptions('start')).toBe('npm start --')
})

test('npm prints nothing of its own into what another program reads', () => {
  expect(pipedCommandLine`render --environment ${'recette'}`).toBe('npm run --silent render -- --environment recette')
})

test('what is put into it is words of it, whatever is in them, and a list may be empty', () => {
  const odd = 'a  b; $(id)'
  expect(commandLine`fill --only ${odd}`).toBe(`npm run fill -- --only '${odd}'`)
  expect(commandLine`migrate --environment ${'x'} ${[]}`).toBe('npm run migrate -- --environment x')
  expect(commandLine`${'lint:chart'} ${['--a', 'b c']}`).toBe("npm run lint:chart -- --a 'b c'")
})

afterEach(() => learnContext(undefined))

test('the context of the run is in every command that opens a cluster, and in no other', () => {
  const shown = () => [
    commandLine`deploy --environment ${'recette'}`,
    pipedCommandLine`credentials --environment ${'recette'} --tier ${'web'}`,
    commandLine`gen-values`,
    commandLine`rotate --help`,
    writtenCommandLine`deploy`,
    kubectl`get secrets --namespace ${'a b'}`,
    helm`history ${'shop'}`,
  ]
  const plain = [
    'npm run deploy -- --environment recette',
    'npm run --silent credentials -- --environment recette --tier web',
    'npm run gen-values',
    'npm run rotate -- --help',
    'npm run deploy',
    "kubectl get secrets --namespace 'a b'",
    'helm history shop',
  ]
  expect(shown()).toEqual(plain)
  learnContext('my staging')
  expect(shown()).toEqual([
    "npm run deploy -- --environment recette --context 'my staging'",
    "npm run --silent credentials -- --environment recette --tier web --context 'my staging'",
    ...plain.slice(2, 5),
    "kubectl --context 'my staging' get secrets --namespace 'a b'",
    "helm --kube-context 'my staging' history shop",
  ])
})

describe('in a repository of a user', () => {
  // Other files of the worker use the same module.
  afterEach(() => learnBeginnings(oneFolder('/product'), {}))

  async function learn(scripts: unknown, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const userFolder = await temporaryFolder()
    if (scripts !== undefined) await writeFile(join(userFolder, 'package.json'), JSON.stringify({ scripts }))
    learnBeginnings({ productFolder: '/product', userFolder }, env)
  }

  test.each([undefined, {}, { status: 'something else', check: 'tiered-secrets status' }, 'no object'])(
    'commands without a script are begun by npx: %j',
    async (scripts) => {
      await learn(scripts)
      expect(commandLine`status --environment ${'a b'}`).toBe("npx tiered-secrets status --environment 'a b'")
      expect(pipedCommandLine`render`).toBe('npx tiered-secrets render')
      expect(commandLine`start`).toBe('npx tiered-secrets start')
      expect(beforeOptions('status')).toBe('npx tiered-secrets status')
      expect(commandLine`<command> [options]`).toBe('npx tiered-secrets <command> [options]')
      expect(writtenCommandLine`check`).toBe('npx tiered-secrets check')
    },
  )

  test('commands with a script are begun by npm, each for itself', async () => {
    await learn({ status: 'tiered-secrets status', start: 'tiered-secrets start' })
    expect(commandLine`status --environment x`).toBe('npm run status -- --environment x')
    expect(commandLine`start --once`).toBe('npm start -- --once')
    expect(commandLine`check`).toBe('npx tiered-secrets check')
    expect(commandLine`init`).toBe('npx tiered-secrets init')
  })

  test('who has typed npx sees npx; what is generated does not depend on it', async () => {
    await learn({ check: 'tiered-secrets check' }, { npm_lifecycle_event: 'npx' })
    expect([commandLine`check`, writtenCommandLine`check`]).toEqual(['npx tiered-secrets check', 'npm run check'])
    await learn({ check: 'tiered-secrets check' }, { npm_lifecycle_event: 'check' })
    expect([commandLine`check`, writtenCommandLine`check`]).toEqual(['npm run check', 'npm run check'])
  })

  test('files of an application below package.json tell how to get to where their commands are typed', async () => {
    const top = await temporaryFolder()
    await writeFile(join(top, 'package.json'), JSON.stringify({ scripts: { wait: 'tiered-secrets wait' } }))
    learnBeginnings({ productFolder: '/product', userFolder: join(top, "apps/l'été") }, {})
    expect([whereWrittenIsTyped(), writtenCommandLine`wait`]).toEqual([
      '../..',
      "npm run wait -- --root 'apps/l'\\''été'",
    ])
    learnBeginnings({ productFolder: '/product', userFolder: top }, {})
    expect([whereWrittenIsTyped(), writtenCommandLine`wait`]).toEqual(['.', 'npm run wait'])
  })

  test('commands in a text of ours become those of the user', async () => {
    const text =
      'run `npm run gen-values`, npm run credentials, npm run --silent iam -- --for x, npm run lint:chart: npm test'
    expect(withWrittenCommands(text)).toBe(text)
    await learn({ 'gen-values': 'tiered-secrets gen-values', iam: 'tiered-secrets iam' })
    expect(withWrittenCommands(text)).toBe(
      'run `npm run gen-values`, npx tiered-secrets credentials, npm run --silent iam -- --for x, npx tiered-secrets lint:chart: npm test',
    )
  })
})
