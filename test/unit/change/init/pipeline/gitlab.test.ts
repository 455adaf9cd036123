import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { gitlabPipeline, gitlabStages } from '../../../../../scripts/change/init/pipeline/gitlab.ts'
import type { PipelineSpec } from '../../../../../scripts/change/init/pipeline/pipeline.ts'
import {
  type GitlabJob,
  gitlabFaults,
  gitlabJobsOf,
  type gitlabPipelines,
  readGitlabPipeline,
} from '../../../../helpers/gitlab-pipeline.ts'
import { by, spec } from '../../../../helpers/pipeline-spec.ts'

const textOf = (more: Partial<PipelineSpec> = {}) => gitlabPipeline({ ...spec, ...more })
const jobsOf = (more?: Partial<PipelineSpec>) => readGitlabPipeline(textOf(more))

const schema = JSON.parse(readFileSync('test/fixtures/pipelines/gitlab-ci.json', 'utf8'))
const isValid = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema)

const variants: readonly (readonly [string, Partial<PipelineSpec>])[] = [
  ['two environments and manifests', {}],
  ['no manifests', { manifests: [] }],
  ['an application in a folder', { folder: 'apps/a shop' }],
  ['one of several applications', { root: 'apps/a shop' }],
  ['paths that a shell and YAML would read', { manifests: ["k8s: a # b's", 'production=@k8s/live'] }],
  ['names that YAML would read', { environments: [by('on'), by('null'), by('y')] }],
  ['an engine for one of them', { environments: [by('staging', true), by('production')] }],
  ['an engine for all of them', { environments: [by('staging', true)] }],
]
test.each(variants)('it fits the public schema, and no rule is broken: %s', (_title, more) => {
  isValid(parse(textOf(more)))
  expect(isValid.errors).toBeNull()
  expect(gitlabFaults(jobsOf(more))).toEqual([])
})

test('the schema takes no key that GitLab does not know', () => {
  const pipeline = parse(textOf())
  Object.assign(pipeline['secrets:check'], { enviroment: 'production' })
  expect(isValid(pipeline)).toBe(false)
})

describe('who starts what', () => {
  const starts = (pipeline: keyof typeof gitlabPipelines, more?: Partial<PipelineSpec>) =>
    gitlabJobsOf(jobsOf(more), pipeline)
  const [checked, planned] = [
    { 'secrets:check': 'on_success', 'secrets:audit': 'on_success' },
    { 'secrets:plan:staging': 'on_success', 'secrets:plan:production': 'on_success' },
  ]
  const deployed = { 'secrets:deploy:staging': 'manual', 'secrets:deploy:production': 'manual' }
  test('a fork gets what needs no secret', () => expect(starts('fork')).toEqual(checked))
  test('a merge request of the team gets a plan as well', () =>
    expect(starts('mergeRequest')).toEqual({ ...checked, ...planned }))
  test('a merge is planned, and deployed by hand', () =>
    expect(starts('push')).toEqual({ ...checked, ...planned, ...deployed }))
  test('a branch that is not protected is not deployed', () =>
    expect(starts('unprotected')).toEqual({ ...checked, ...planned }))
  test('another branch starts nothing', () => expect(starts('pushElsewhere')).toEqual({}))
  test('what an engine applies is only waited for', () => {
    const environments = [by('staging', true), by('production')]
    const { 'secrets:deploy:staging': _, ...rest } = deployed
    expect(starts('push', { environments })).toEqual({
      ...checked,
      ...planned,
      ...rest,
      'secrets:wait:staging': 'on_success',
    })
    expect(jobsOf({ environments })['secrets:wait:staging']?.script?.join('\n')).not.toContain('tiered-secrets deploy')
  })
})

test('environments are deployed one after the other, each by one run at a time', () => {
  const jobs = jobsOf()
  expect(jobs['secrets:deploy:production']?.needs).toEqual([
    'secrets:check',
    'secrets:plan:production',
    'secrets:deploy:staging',
  ])
  expect(jobs['secrets:deploy:production']?.resource_group).toBe('shop-secrets-production')
})

test('its jobs are named, and in stages, so that it can be included beside others', () => {
  const jobs = jobsOf({ folder: 'apps/shop' })
  expect(Object.keys(jobs)).toContain('shop-secrets:check')
  expect(new Set(Object.values(jobs).map(({ stage }) => stage))).toEqual(new Set(gitlabStages))
  const globals = ['default', 'stages', 'variables', 'workflow', 'image', 'include']
  expect(Object.keys(parse(textOf())).filter((key) => globals.includes(key))).toEqual([])
})

test('every job that is needed is there', () => {
  const jobs = jobsOf({ environments: [by('a', true), by('b'), by('c')] })
  for (const { needs = [] } of Object.values(jobs)) for (const one of needs) expect(jobs).toHaveProperty([one])
})

const name = (job: string) => `secrets:${job}`
const plantings: readonly (readonly [string, RegExp, (jobs: Record<string, GitlabJob>) => unknown])[] = [
  [
    'a plan for forks',
    /^secrets:plan:staging has a secret and runs for a fork/,
    (jobs) => set(jobs[name('plan:staging')], { rules: jobs[name('check')]?.rules }),
  ],
  [
    'an environment for forks',
    /^secrets:check has an environment and runs/,
    (jobs) => set(jobs[name('check')], { environment: { name: 'x-plan', action: 'access' } }),
  ],
  [
    'a deployment of a merge request',
    /^secrets:deploy:staging deploys what is not merged/,
    (jobs) => set(jobs[name('deploy:staging')], { rules: jobs[name('check')]?.rules }),
  ],
  [
    'a deployment by itself',
    /^secrets:deploy:staging deploys without/,
    (jobs) => delete jobs[name('deploy:staging')]?.rules?.[0]?.when,
  ],
  ['two at once', /may run twice/, (jobs) => delete jobs[name('deploy:staging')]?.resource_group],
  ['secrets of the project', /has secrets of no/, (jobs) => delete jobs[name('plan:staging')]?.environment],
  [
    'a plan that counts as a deployment',
    /^secrets:plan:staging deploys what/,
    (jobs) => delete jobs[name('plan:staging')]?.environment?.action,
  ],
  [
    'a kubeconfig that stays',
    /leaves its kubeconfig/,
    (jobs) => set(jobs[name('plan:staging')], { script: ['cat $KUBECONFIG'] }),
  ],
]
const set = (part: object | undefined, change: object) => Object.assign(part ?? {}, change)

test.each(plantings)('%s is found', (_title, told, plant) => {
  const jobs = JSON.parse(JSON.stringify(jobsOf())) as Record<string, GitlabJob>
  plant(jobs)
  expect(gitlabFaults(jobs)).toContainEqual(expect.stringMatching(told))
})
