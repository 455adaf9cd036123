import { events, type Job, jobsOf, type Workflow } from './github-workflow.ts'

/** What may never be in a workflow of ours, each as a sentence. */
export function githubFaults(workflow: Workflow): string[] {
  const jobs = Object.entries(workflow.jobs)
  const of = (event: keyof typeof events) => jobs.filter(([name]) => jobsOf(workflow, events[event]).includes(name))
  return [
    ...Object.keys(workflow.on)
      .filter((event) => !['push', 'pull_request'].includes(event))
      .map((event) => `${event} gives secrets to code that nobody has looked at`),
    ...(JSON.stringify(workflow.permissions) === '{}' ? [] : ['a job without permissions of its own gets some']),
    ...(hasSecrets(workflow.env) ? ['every job gets a secret'] : []),
    ...of('fork').flatMap(([name, job]) => forkFaults(name, job)),
    ...[...of('pullRequest'), ...of('pushElsewhere')]
      .filter(([, job]) => job.environment !== undefined && !environmentOf(job).endsWith('-plan'))
      .map(([name]) => `${name} deploys what is not merged`),
    ...jobs.flatMap(([name, job]) => jobFaults(name, job)),
  ]
}

// --- internal ---

function forkFaults(name: string, job: Job): string[] {
  const writable = Object.entries(job.permissions ?? {}).filter(
    ([scope, right]) => right === 'write' && scope !== 'security-events',
  )
  return [
    ...(hasSecrets(job) ? [`${name} has a secret and runs for a fork`] : []),
    ...(job.environment === undefined ? [] : [`${name} has an environment and runs for a fork`]),
    ...writable.map(([scope]) => `${name} may write ${scope} and runs for a fork`),
  ]
}

function jobFaults(name: string, job: Job): string[] {
  const { steps, ...outside } = job
  const writes = Object.entries(job.permissions ?? {}).some(
    ([scope, right]) => right === 'write' && scope !== 'security-events',
  )
  const isDeployment = job.environment !== undefined && !environmentOf(job).endsWith('-plan')
  return [
    ...(job.permissions === undefined ? [`${name} has no permissions of its own`] : []),
    ...(hasSecrets(outside) ? [`every step of ${name} gets a secret`] : []),
    ...(hasSecrets(job) && job.environment === undefined ? [`${name} has secrets of no environment`] : []),
    ...(writes && steps.some(({ uses }) => uses?.startsWith('actions/checkout@'))
      ? [`${name} may write, and runs code of the repository`]
      : []),
    ...(isDeployment && job.concurrency?.['cancel-in-progress'] !== false ? [`${name} may run twice at once`] : []),
    ...steps.flatMap(({ uses, run, with: given }) => [
      ...(uses !== undefined && !/@[0-9a-f]{40}$/.test(uses) ? [`${name} uses ${uses}, which can be moved`] : []),
      ...(uses?.startsWith('actions/checkout@') && given?.['persist-credentials'] !== false
        ? [`${name} leaves its token in the folder`]
        : []),
      ...(run?.includes('${{') ? [`${name} puts a text into a script`] : []),
      ...(run !== undefined && hasSecrets(run) ? [`${name} has a secret in the text of a script`] : []),
    ]),
  ]
}

function environmentOf({ environment }: Job): string {
  return typeof environment === 'object' ? environment.name : (environment ?? '')
}

function hasSecrets(part: unknown): boolean {
  return /\bsecrets(\.|\[|\))/.test(JSON.stringify(part ?? {}))
}
