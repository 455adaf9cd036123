import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { githubWorkflow } from '../../scripts/change/init/pipeline/github.ts'
import { gitlabPipeline } from '../../scripts/change/init/pipeline/gitlab.ts'
import { localStackTools } from '../../scripts/local/stack/stack.ts'
import { eventually } from '../helpers/eventually.ts'
import { events, readWorkflow, type Workflow } from '../helpers/github-workflow.ts'
import { type GitlabJob, readGitlabPipeline } from '../helpers/gitlab-pipeline.ts'
import { type InstalledPackage, installPackage, type RunningProgram } from '../helpers/installed-package.ts'
import { type PipelineMachine, runGithubJob, runGitlabJob } from '../helpers/pipeline-runner.ts'

let user: InstalledPackage
let running: RunningProgram
let machine: PipelineMachine
let kubeconfig: string
let account: Record<string, string>
let workflow: Workflow
let pipeline: Record<string, GitlabJob>

/** A literal that audit calls an error, so that there is something to report. */
const manifests = `apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: shop-web }
data: { DATABASE_URL: 'postgres://shop:h6Kq9vTz2LmX8rWb@db.internal:5432/shop' }
`

beforeAll(async () => {
  user = await installPackage(...localStackTools, 'helm', 'kubeconform')
  await user.write('k8s/all.yaml', manifests)
  const names = ['--application', 'shop', '--tiers', 'web', '--environments', 'staging', 'production']
  expect(await user.npx('init', ...names, '--ci', 'github', '--manifests', 'k8s')).toMatchObject({ exitCode: 0 })
  expect(await user.npx('init', '--ci', 'gitlab', '--manifests', 'k8s')).toMatchObject({ exitCode: 0 })
  workflow = readWorkflow(await user.read('.github/workflows/secrets.yml'))
  pipeline = readGitlabPipeline(await user.read('.gitlab-ci.yml'))

  running = user.start('npm', ['start'])
  const text = await eventually(running.output, (one) => /Ctrl-C stops everything/.test(one), { timeoutMs: 120_000 })
  const [, file = ''] = /export KUBECONFIG=(\S+)/.exec(text) ?? []
  const [, accountFile = ''] = /set -a; \. (\S+);/.exec(text) ?? []
  kubeconfig = await readFile(file, 'utf8')
  account = Object.fromEntries(
    [...(await readFile(accountFile, 'utf8')).matchAll(/^(?:export )?(\w+)='?(.*?)'?$/gm)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  )
  const [temp, bin] = ['runner', 'bin'].map((name) => join(dirname(user.folder), 'home', name)) as [string, string]
  await user.run('mkdir', ['-p', temp, bin])
  // Packages of Alpine can't be installed here.
  await user.run('sh', ['-c', `printf '#!/bin/sh\\necho "apk $*"\\n' > "$1/apk" && chmod 755 "$1/apk"`, 'sh', bin])
  machine = {
    run: user.run,
    read: (path) => readFile(path, 'utf8'),
    temp,
    env: {
      PATH: `${bin}:${process.env.PATH}`,
      SCW_API_URL: account.SCW_API_URL ?? '',
    },
    // It asks a registry; the package has been installed from its file.
    passedOver: ['npm ci --ignore-scripts'],
  }
}, 300_000)
afterAll(() => running?.ctrlC())

const secrets = () => ({ KUBECONFIG: kubeconfig, SCW_SECRET_KEY: account.SCW_SECRET_KEY })
const vars = () => ({ SCW_DEFAULT_ORGANIZATION_ID: account.SCW_DEFAULT_ORGANIZATION_ID })

function github(name: string, given: object = secrets(), look?: (step: string) => Promise<void>) {
  const job = workflow.jobs[name]
  if (!job) throw new Error(`no job ${name}`)
  const contexts = { github: events.push, matrix: { environment: 'staging' }, secrets: given, vars: vars() }
  return runGithubJob(machine, job, contexts, look)
}

async function gitlab(name: string, given: Record<string, string> = {}) {
  const job = pipeline[name]
  if (!job) throw new Error(`no job ${name}`)
  return runGitlabJob(machine, job, given)
}

/** What GitLab gives a job whose environment has them. */
async function gitlabVariables(): Promise<Record<string, string>> {
  const file = join(machine.temp, 'KUBECONFIG')
  await user.run('sh', ['-c', 'printf %s "$TEXT" > "$FILE"'], { TEXT: kubeconfig, FILE: file })
  return { KUBECONFIG: file, SCW_SECRET_KEY: account.SCW_SECRET_KEY ?? '', ...vars() } as Record<string, string>
}

/** What no log may hold: the key, and whatever a kubeconfig logs in with. */
function expectNoSecret(output: string): void {
  const logins = [...kubeconfig.matchAll(/(?:token|client-key-data)"?: *"?([^"\s]+)/g)].map(([, login = '']) => login)
  expect(logins).not.toEqual([])
  const unmasked = output.replace(/^::add-mask::.*$/gm, '')
  for (const one of [account.SCW_SECRET_KEY ?? '', ...logins]) {
    expect(one.length).toBeGreaterThan(8)
    expect(unmasked.includes(one)).toBe(false)
  }
}

const planned = '### shop, staging: what a deployment changes'

describe('GitHub', () => {
  test('check passes', async () => {
    const { isFailed, output } = await github('check', {})
    expect([isFailed, output]).toEqual([false, expect.stringContaining('ok      chart and manifests')])
  })

  test('audit fails with what it finds, and its report is there to be uploaded', async () => {
    const { isFailed, output, steps } = await github('audit', {})
    expect([isFailed, output]).toEqual([true, expect.stringContaining('SECRET_LITERAL')])
    expect(steps.at(-1)).toMatch(/^github\/codeql-action\/upload-sarif@/)
    const { runs } = JSON.parse(await machine.read(`${machine.temp}/audit.sarif`))
    expect(runs[0].results).toContainEqual(expect.objectContaining({ ruleId: 'SECRET_LITERAL' }))
  })

  test('without credentials there is no plan, which is not a failure, and no deployment, which is one', async () => {
    const plan = await github('plan', {})
    expect(plan).toMatchObject({ isFailed: false, summary: '' })
    expect(plan.output).toContain('::notice::No plan of staging')
    expect(plan.steps).not.toContain('Plan')
    const deploy = await github('deploy', {})
    expect(deploy).toMatchObject({ isFailed: true, steps: expect.not.arrayContaining(['Deploy']) })
    expect(deploy.output).toContain('::error::The environment staging has no secret KUBECONFIG.')
  })

  test('the plan is shown beside the log; its kubeconfig is private, masked, and gone afterwards', async () => {
    const file = `${machine.temp}/kubeconfig`
    const modes: number[] = []
    const { isFailed, summary, output } = await github('plan', secrets(), async (step) => {
      if (step === 'Kubeconfig') modes.push((await stat(file)).mode & 0o777)
    })
    expect([isFailed, summary]).toEqual([false, expect.stringContaining(planned)])
    expect(modes).toEqual([0o600])
    expect(output).toMatch(/^::add-mask::\S{20}/m)
    expectNoSecret(output)
    await expect(stat(file)).rejects.toThrow('no such file')
  })

  test('a merge is deployed and waited for', async () => {
    const { isFailed, output } = await github('deploy')
    expect([isFailed, output]).toEqual([false, expect.stringContaining('every required secret has arrived')])
    expect(output).toMatch(/revision \d+ is deployed/)
    expectNoSecret(output)
    await expect(stat(`${machine.temp}/kubeconfig`)).rejects.toThrow('no such file')
  })
})

describe('GitLab', () => {
  test('check passes; tools come from the cache of the project, where others could write to them, and go back', async () => {
    const [cache, tools] = [join(user.home, '.cache/tiered-secrets'), join(user.folder, '.tiered-secrets-tools')]
    await user.run('sh', ['-c', 'rm -rf "$1"; mkdir -p "$2/a"; chmod -R 777 "$2"', 'sh', cache, tools])
    const { isFailed, output } = await gitlab('secrets:check')
    expect([isFailed, output]).toEqual([false, expect.stringContaining('ok      chart and manifests')])
    expect(output).toContain('apk add --no-cache nodejs npm kustomize')
    expect((await stat(join(cache, 'a'))).mode & 0o022).toBe(0)
    expect((await stat(join(tools, 'a'))).isDirectory()).toBe(true)
  })

  test('audit fails with what it finds, and its report is an artifact', async () => {
    const audit = pipeline['secrets:audit']
    expect(audit?.parallel?.matrix).toEqual([{ SECRETS_ENVIRONMENT: ['staging', 'production'] }])
    expect(await gitlab('secrets:audit', { SECRETS_ENVIRONMENT: 'staging' })).toMatchObject({ isFailed: true })
    const report = JSON.parse(await user.read('codequality.json'))
    expect(report).toContainEqual(expect.objectContaining({ check_name: 'SECRET_LITERAL' }))
  })

  test('without credentials there is no plan, which is not a failure, and no deployment, which is one', async () => {
    const plan = await gitlab('secrets:plan:staging')
    expect([plan.isFailed, plan.output]).toEqual([false, expect.stringContaining('No plan of staging')])
    const deploy = await gitlab('secrets:deploy:staging')
    const told = 'The environment staging has no variable KUBECONFIG of the type File.'
    expect([deploy.isFailed, deploy.output]).toEqual([true, expect.stringContaining(told)])
  })

  test('the plan is an artifact, and the copy of the kubeconfig is gone afterwards', async () => {
    const { isFailed, output } = await gitlab('secrets:plan:staging', await gitlabVariables())
    expect([isFailed, output]).toEqual([false, expect.stringContaining(planned)])
    expect(await user.read('plan.md')).toContain(planned)
    expectNoSecret(output)
  })

  test('a merge is deployed and waited for', async () => {
    const { isFailed, output } = await gitlab('secrets:deploy:staging', await gitlabVariables())
    expect([isFailed, output]).toEqual([false, expect.stringContaining('every required secret has arrived')])
    expectNoSecret(output)
  })
})

test('what an engine has applied is waited for, with credentials that only look', async () => {
  const environments = [{ name: 'staging', isAppliedByEngine: true }]
  const spec = { application: 'shop', environments, manifests: [], folder: '', root: '', branch: 'main' }
  const { wait } = readWorkflow(githubWorkflow(spec)).jobs
  const waiting = readGitlabPipeline(gitlabPipeline(spec))['secrets:wait:staging']
  if (!wait || !waiting) throw new Error('there is no job')
  const contexts = { github: events.push, matrix: { environment: 'staging' }, secrets: secrets(), vars: vars() }
  const runs = [
    await runGithubJob(machine, wait, contexts),
    await runGitlabJob(machine, waiting, await gitlabVariables()),
  ]
  for (const { isFailed, output } of runs) {
    expect([isFailed, output]).toEqual([false, expect.stringContaining('web-secrets')])
    expectNoSecret(output)
  }
})

describe('a plan that finds problems', () => {
  beforeAll(async () => {
    const catalogue = await user.read('scripts/catalogue.ts')
    const entry = /\{\s*tier: 'web'[\s\S]*?\n\s*\},/.exec(catalogue)?.[0] ?? ''
    const another = entry.replace('EXAMPLE_SECRET', 'NEW_SECRET').replace("'example-secret'", "'new-secret'")
    await user.write('scripts/catalogue.ts', catalogue.replace(entry, `${entry}\n    ${another}`))
    expect(await user.run('npm', ['run', 'gen-values'])).toMatchObject({ exitCode: 0 })
  })

  test('GitHub: it fails the job, and is shown all the same', async () => {
    const { isFailed, summary, steps } = await github('plan')
    expect([isFailed, summary]).toEqual([true, expect.stringContaining('/shop-web/new-secret')])
    expect(steps).toContainEqual(expect.stringMatching(/^actions\/upload-artifact@/))
    await expect(stat(`${machine.temp}/kubeconfig`)).rejects.toThrow('no such file')
  })

  test('GitLab: it fails the job, and is shown all the same', async () => {
    const { isFailed, output } = await gitlab('secrets:plan:staging', await gitlabVariables())
    expect([isFailed, output]).toEqual([true, expect.stringContaining('/shop-web/new-secret')])
    expect(await user.read('plan.md')).toContain('/shop-web/new-secret')
  })

  test('a deployment that is started all the same changes nothing, and does not wait', async () => {
    const { isFailed, output } = await github('deploy')
    expect([isFailed, output]).toEqual([true, expect.stringContaining('(REMOTE_ABSENT)')])
    expect(output).not.toContain('is deployed')
  })
})
