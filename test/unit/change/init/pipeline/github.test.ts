import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { githubWorkflow } from '../../../../../scripts/change/init/pipeline/github.ts'
import type { PipelineSpec } from '../../../../../scripts/change/init/pipeline/pipeline.ts'
import { githubFaults } from '../../../../helpers/github-rules.ts'
import { events, jobsOf, readWorkflow, type Workflow } from '../../../../helpers/github-workflow.ts'
import { by, spec } from '../../../../helpers/pipeline-spec.ts'

const workflowOf = (more: Partial<PipelineSpec> = {}) => readWorkflow(githubWorkflow({ ...spec, ...more }))

const schema = JSON.parse(readFileSync('test/fixtures/pipelines/github-workflow.json', 'utf8'))
const isValid = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema)

const variants: readonly (readonly [string, Partial<PipelineSpec>])[] = [
  ['two environments and manifests', {}],
  ['no manifests', { manifests: [] }],
  ['an application in a folder', { folder: 'apps/a shop', branch: "it's/main" }],
  ['one of several applications', { root: 'apps/a shop' }],
  ['paths that a shell and YAML would read', { manifests: ["k8s: a # b's", 'production=@k8s/live'] }],
  ['names that YAML would read', { environments: [by('on'), by('null'), by('y')] }],
  ['an engine for one of them', { environments: [by('staging', true), by('production')] }],
  ['an engine for all of them', { environments: [by('staging', true)] }],
]
test.each(variants)('it fits the public schema, and no rule is broken: %s', (_title, more) => {
  const workflow = workflowOf(more)
  isValid(workflow)
  expect(isValid.errors).toBeNull()
  expect(githubFaults(workflow)).toEqual([])
})

test('the schema takes no key that GitHub does not know', () => {
  const workflow = workflowOf()
  Object.assign(workflow.jobs.deploy ?? {}, { enviroment: 'production' })
  expect(isValid(workflow)).toBe(false)
})

describe('who starts what', () => {
  const starts = (event: keyof typeof events, more?: Partial<PipelineSpec>) => jobsOf(workflowOf(more), events[event])
  test('a fork gets what needs no secret', () => expect(starts('fork')).toEqual(['check', 'audit']))
  test('a pull request of the team gets a plan as well, and a comment', () =>
    expect(starts('pullRequest')).toEqual(['check', 'audit', 'plan', 'comment']))
  test('a merge is planned and deployed', () => expect(starts('push')).toEqual(['check', 'audit', 'plan', 'deploy']))
  test('another branch is not deployed', () => expect(starts('pushElsewhere')).toEqual(['check', 'audit']))
  test('what an engine applies is only waited for', () => {
    const environments = [by('staging', true), by('production')]
    expect(starts('push', { environments })).toEqual(['check', 'audit', 'plan', 'deploy', 'wait'])
    const { deploy, wait, plan } = workflowOf({ environments }).jobs
    expect(deploy?.strategy?.matrix.environment).toEqual(['production'])
    expect(wait?.strategy?.matrix.environment).toEqual(['staging'])
    expect(plan?.strategy?.matrix.environment).toEqual(['staging', 'production'])
    expect(JSON.stringify(wait)).not.toMatch(/tiered-secrets deploy/)
  })
})

test('environments are deployed one after the other, as they are written down', () => {
  const { strategy, concurrency } = workflowOf().jobs.deploy ?? {}
  expect(strategy).toEqual({ 'max-parallel': 1, matrix: { environment: ['staging', 'production'] } })
  expect(concurrency).toEqual({
    group: `deploy-secrets-shop-${inBraces('matrix.environment')}`,
    'cancel-in-progress': false,
  })
})

const plantings: readonly (readonly [string, RegExp, (workflow: Workflow) => unknown])[] = [
  ['a trigger with secrets', /^pull_request_target gives/, ({ on }) => (on.pull_request_target = null)],
  ['permissions for all', /without permissions of its own gets/, (one) => (one.permissions = { contents: 'write' })],
  ['a plan for forks', /^plan has a secret and runs for a fork/, ({ jobs }) => delete jobs.plan?.if],
  ['an environment for forks', /^check has an environment/, ({ jobs }) => set(jobs.check, { environment: 'x-plan' })],
  [
    'a token for forks',
    /^check may write contents/,
    ({ jobs }) => set(jobs.check, { permissions: { contents: 'write' } }),
  ],
  ['no permissions', /^check has no permissions/, ({ jobs }) => delete jobs.check?.permissions],
  ['a deployment of a pull request', /^deploy deploys what is not merged/, ({ jobs }) => delete jobs.deploy?.if],
  [
    'a secret for all steps',
    /^every step of plan/,
    ({ jobs }) => set(jobs.plan, { env: { A: inBraces('secrets.A') } }),
  ],
  ['a secret for all jobs', /^every job gets/, (one) => (one.env = { A: inBraces('secrets.A') })],
  ['secrets of the repository', /^plan has secrets of no/, ({ jobs }) => delete jobs.plan?.environment],
  ['code beside a token', /^comment may write/, ({ jobs }) => jobs.comment?.steps.push(jobs.check?.steps[0] ?? {})],
  ['two at once', /^deploy may run twice/, ({ jobs }) => delete jobs.deploy?.concurrency],
  ['a tag', /uses actions\/cache@v5, which/, ({ jobs }) => set(jobs.check?.steps[3], { uses: 'actions/cache@v5' })],
  ['a token that stays', /leaves its token/, ({ jobs }) => delete jobs.check?.steps[0]?.with],
  [
    'a title in a script',
    /puts a text/,
    ({ jobs }) => set(jobs.check?.steps[4], { run: `echo ${inBraces('github.head_ref')}` }),
  ],
]
const inBraces = (expression: string) => `\${{ ${expression} }}`
const set = (part: object | undefined, change: object) => Object.assign(part ?? {}, change)

test.each(plantings)('%s is found', (_title, told, plant) => {
  // Steps that several jobs have are one object after reading.
  const workflow = structuredClone(JSON.parse(JSON.stringify(workflowOf()))) as Workflow
  plant(workflow)
  expect(githubFaults(workflow)).toContainEqual(expect.stringMatching(told))
})
