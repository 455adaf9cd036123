import type { RunResult } from '../../scripts/lib/exec.ts'
import { shellWord } from '../../scripts/lib/shell.ts'
import { type Contexts, interpolated, isRun, type Job } from './github-workflow.ts'
import type { GitlabJob } from './gitlab-pipeline.ts'

/** Where the command lines of a job run, and as whom. */
export interface PipelineMachine {
  run(file: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<RunResult>
  read(path: string): Promise<string>
  /** A folder of the runner's own. */
  readonly temp: string
  /** What the tests set besides the pipeline: where the emulated Scaleway is. */
  readonly env: Readonly<Record<string, string>>
  /** Command lines that can't run here. */
  readonly passedOver: readonly string[]
}

export interface JobRun {
  readonly isFailed: boolean
  /** Of every step that ran: its name, else its command line or its action. */
  readonly steps: readonly string[]
  /** All that was printed. */
  readonly output: string
  /** What GitHub shows beside the log. */
  readonly summary: string
}

/**
 * Runs a job as a runner of GitHub does: each command line by `bash --noprofile --norc -eo pipefail`, with its variables, and
 * with what earlier ones have written for later ones. Actions are passed over.
 *
 * @param look called after each step, with its name
 */
export async function runGithubJob(
  machine: PipelineMachine,
  job: Job,
  contexts: Contexts,
  look: (step: string) => Promise<void> = async () => {},
): Promise<JobRun> {
  const { temp, passedOver } = machine
  const files = { GITHUB_ENV: `${temp}/github-env`, GITHUB_STEP_SUMMARY: `${temp}/summary.md` }
  await machine.run('sh', ['-c', `rm -f ${shellNames(files)}; touch ${shellNames(files)}`], {})
  const whole = { ...contexts, runner: { temp, os: 'Linux', arch: 'X64' } }
  const jobEnv = texts(job.env, whole)
  const steps: string[] = []
  let output = ''
  let isFailed = false
  for (const step of job.steps) {
    const written = variablesOf(await machine.read(files.GITHUB_ENV))
    const env = { ...jobEnv, ...written }
    if (!isRun(step.if, { ...whole, env }, { failed: isFailed })) continue
    const name = step.name ?? step.run ?? step.uses ?? ''
    steps.push(name)
    if (step.run === undefined || passedOver.includes(step.run)) continue
    const place = step['working-directory']
    const enter = place === undefined ? '' : `cd ${shellWord(interpolated(place, whole))}\n`
    const result = await machine.run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', enter + step.run], {
      ...machine.env,
      ...env,
      ...texts(step.env, { ...whole, env }),
      ...files,
      RUNNER_TEMP: temp,
    })
    output += `${result.stdout}\n${result.stderr}\n`
    if (result.exitCode !== 0) isFailed = true
    await look(name)
  }
  return { isFailed, steps, output, summary: await machine.read(files.GITHUB_STEP_SUMMARY) }
}

/**
 * Runs a job as a runner of GitLab does: `before_script` and `script` in one shell, which ends at the first failure, then
 * `after_script` in another.
 */
export async function runGitlabJob(
  machine: PipelineMachine,
  job: GitlabJob,
  variables: Readonly<Record<string, string>>,
): Promise<Omit<JobRun, 'steps' | 'summary'>> {
  const lines = [...(job.before_script ?? []), ...(job.script ?? [])].filter(
    (line) => !machine.passedOver.includes(line),
  )
  const env = { ...machine.env, ...variables, ...job.variables, CI_ENVIRONMENT_NAME: job.environment?.name ?? '' }
  const result = await machine.run('sh', ['-e', '-c', lines.join('\n')], env)
  const after = await machine.run('sh', ['-e', '-c', (job.after_script ?? []).join('\n')], env)
  const output = [result, after].map(({ stdout, stderr }) => `${stdout}\n${stderr}`).join('\n')
  return { isFailed: result.exitCode !== 0, output }
}

// --- internal ---

function texts(env: Readonly<Record<string, string>> = {}, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, interpolated(String(text), contexts)]))
}

/** Of lines `NAME=value`. */
function variablesOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
}

function shellNames(files: Readonly<Record<string, string>>): string {
  return Object.values(files).map(shellWord).join(' ')
}
