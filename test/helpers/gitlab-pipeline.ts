import { parse } from 'yaml'

export interface GitlabJob {
  extends?: string
  stage?: string
  rules?: { if: string; when?: string }[]
  needs?: string[]
  environment?: { name: string; action?: string }
  resource_group?: string
  variables?: Record<string, string>
  parallel?: { matrix: Record<string, string[]>[] }
  before_script?: string[]
  script?: string[]
  after_script?: string[]
  artifacts?: Record<string, unknown>
  [key: string]: unknown
}

/** Jobs with what they extend, as GitLab merges them: hashes deep, everything else whole. */
export function readGitlabPipeline(text: string): Record<string, GitlabJob> {
  const parts = parse(text) as Record<string, GitlabJob>
  const whole = (part: GitlabJob): GitlabJob => {
    const { extends: base, ...own } = part
    return base === undefined ? own : (merged(whole(parts[base] ?? {}), own) as GitlabJob)
  }
  const jobs = Object.entries(parts).filter(([name]) => !name.startsWith('.'))
  return Object.fromEntries(jobs.map(([name, part]) => [name, whole(part)]))
}

/** Predefined variables of the pipelines that matter. */
export const gitlabPipelines = {
  push: { CI_PIPELINE_SOURCE: 'push', CI_COMMIT_BRANCH: 'main', CI_COMMIT_REF_PROTECTED: 'true' },
  unprotected: { CI_PIPELINE_SOURCE: 'push', CI_COMMIT_BRANCH: 'main', CI_COMMIT_REF_PROTECTED: 'false' },
  pushElsewhere: { CI_PIPELINE_SOURCE: 'push', CI_COMMIT_BRANCH: 'other', CI_COMMIT_REF_PROTECTED: 'false' },
  mergeRequest: mergeRequestFrom('1'),
  /** A member has started it in the parent project. */
  fork: mergeRequestFrom('2'),
} as const

/** Jobs of a pipeline with how each starts: `on_success`, or `manual`. */
export function gitlabJobsOf(
  jobs: Readonly<Record<string, GitlabJob>>,
  pipeline: keyof typeof gitlabPipelines,
): Record<string, string> {
  const variables: Record<string, string | undefined> = { CI_DEFAULT_BRANCH: 'main', ...gitlabPipelines[pipeline] }
  const started = Object.entries(jobs).flatMap(([name, { rules = [] }]) => {
    const rule = rules.find((one) => isTrue(one.if, variables))
    return rule && rule.when !== 'never' ? [[name, rule.when ?? 'on_success']] : []
  })
  return Object.fromEntries(started)
}

/** What may never be in a pipeline of ours, each as a sentence. */
export function gitlabFaults(jobs: Readonly<Record<string, GitlabJob>>): string[] {
  const of = (pipeline: keyof typeof gitlabPipelines) =>
    Object.entries(gitlabJobsOf(jobs, pipeline)).map(([name, when]) => ({ name, when, job: jobs[name] ?? {} }))
  const isDeployment = ({ environment }: GitlabJob) => environment !== undefined && environment.action === undefined
  return [
    ...of('fork').flatMap(({ name, job }) => [
      ...(job.environment ? [`${name} has an environment and runs for a fork`] : []),
      ...(/KUBECONFIG|SCW_/.test(scriptsOf(job)) ? [`${name} has a secret and runs for a fork`] : []),
    ]),
    ...(['mergeRequest', 'pushElsewhere', 'unprotected'] as const).flatMap((pipeline) =>
      of(pipeline).flatMap(({ name, job }) => (isDeployment(job) ? [`${name} deploys what is not merged`] : [])),
    ),
    ...of('push').flatMap(({ name, when, job }) => {
      if (!isDeployment(job)) return []
      return [
        ...(when === 'manual' ? [] : [`${name} deploys without being started`]),
        ...(job.resource_group === undefined ? [`${name} may run twice at once`] : []),
        ...(job.environment?.name.endsWith('-plan') ? [`${name} deploys with what only looks`] : []),
      ]
    }),
    ...Object.entries(jobs).flatMap(([name, job]) => {
      const uses = /\$\{?KUBECONFIG/.test(scriptsOf(job))
      return [
        ...(uses && !job.environment ? [`${name} has secrets of no environment`] : []),
        ...(uses && !/trap 'rm -f/.test(scriptsOf(job)) ? [`${name} leaves its kubeconfig`] : []),
        ...(isDeployment(job) || !job.environment || job.environment.name.endsWith('-plan')
          ? []
          : [`${name} looks with what deploys`]),
      ]
    }),
  ]
}

// --- internal ---

function mergeRequestFrom(project: string) {
  return {
    CI_PIPELINE_SOURCE: 'merge_request_event',
    CI_MERGE_REQUEST_SOURCE_PROJECT_ID: project,
    CI_MERGE_REQUEST_PROJECT_ID: '1',
  }
}

function scriptsOf({ before_script = [], script = [], after_script = [] }: GitlabJob): string {
  return [...before_script, ...script, ...after_script].join('\n')
}

function merged(base: unknown, own: unknown): unknown {
  const isHash = (one: unknown): one is Record<string, unknown> =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
  if (!isHash(base) || !isHash(own)) return own
  const result = { ...base }
  for (const [key, value] of Object.entries(own)) result[key] = merged(base[key], value)
  return result
}

/** Of the language of `rules:if` what ours have: `==` and `&&`, variables and texts. An unset variable equals nothing. */
function isTrue(condition: string, variables: Readonly<Record<string, string | undefined>>): boolean {
  return condition.split('&&').every((part) => {
    const [, left = '', right = ''] = /^\s*(\$\w+)\s*==\s*(\$\w+|"[^"]*")\s*$/.exec(part) ?? []
    if (left === '') throw new Error(`can't read the condition ${part}`)
    const meant = (term: string) => (term.startsWith('$') ? variables[term.slice(1)] : term.slice(1, -1))
    return meant(left) !== undefined && meant(left) === meant(right)
  })
}
