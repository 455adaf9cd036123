import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { githubWorkflow } from '../../../../../scripts/change/init/pipeline/github.ts'
import { tryRun } from '../../../../../scripts/lib/exec.ts'
import { executable, temporaryFolder } from '../../../../helpers/folders.ts'
import { events, readWorkflow } from '../../../../helpers/github-workflow.ts'
import { runGithubJob } from '../../../../helpers/pipeline-runner.ts'

const { comment } = readWorkflow(
  githubWorkflow({
    application: 'shop',
    environments: [{ name: 'staging', isAppliedByEngine: false }],
    manifests: [],
    folder: '',
    root: '',
    branch: 'main',
  }),
).jobs

/** Runs the job with these plans, while the pull request has comments of these ids. Its requests, and the text it sent. */
async function commented(plans: Readonly<Record<string, string>>, ids: readonly number[]) {
  const temp = await temporaryFolder()
  for (const [environment, text] of Object.entries(plans)) {
    await mkdir(join(temp, `plans/plan-${environment}`), { recursive: true })
    await writeFile(join(temp, `plans/plan-${environment}/plan.md`), text)
  }
  const gh = await executable(
    join(temp, 'bin/gh'),
    `echo "$*" >> ${temp}/requests; case "$*" in *--paginate*) printf '%s' '${ids.join('\n')}';; esac`,
  )
  if (comment === undefined) throw new Error('there is no job')
  const machine = {
    run: (file: string, args: readonly string[], env: Readonly<Record<string, string>>) => tryRun(file, args, { env }),
    read: (path: string) => readFile(path, 'utf8'),
    temp,
    env: { PATH: `${dirname(gh)}:${process.env.PATH}`, GITHUB_REPOSITORY: 'team/shop' },
    passedOver: [],
  }
  const github = { ...events.pullRequest, token: 'the-token' }
  const { isFailed, output } = await runGithubJob(machine, comment, { github, secrets: {} })
  expect([isFailed, output.trim()]).toEqual([false, ''])
  const read = (path: string) => readFile(join(temp, path), 'utf8').catch(() => '')
  return { requests: (await read('requests')).split('\n').slice(0, -1), text: await read('comment.md') }
}

const list = expect.stringMatching(/^api --paginate repos\/team\/shop\/issues\/7\/comments --jq /)

test('plans become one comment', async () => {
  const { requests, text } = await commented({ staging: '### staging\n', production: '### production\n' }, [])
  expect(text).toBe('<!-- tiered-secrets plan of shop -->\n### production\n### staging\n')
  expect(requests).toEqual([
    list,
    'api --silent --method POST repos/team/shop/issues/7/comments --field body=@comment.md',
  ])
})

test('the comment of an earlier run gets the new plans', async () => {
  const { requests } = await commented({ staging: '### staging\n' }, [11, 12])
  expect(requests.at(-1)).toBe(
    'api --silent --method PATCH repos/team/shop/issues/comments/11 --field body=@comment.md',
  )
})

test('a plan that is too long for a comment is cut', async () => {
  const { text } = await commented({ staging: 'x'.repeat(100_000) }, [])
  expect(text.length).toBeLessThan(65_536)
})

test('without a plan there is no request', async () => {
  expect(await commented({}, [])).toEqual({ requests: [], text: '' })
})
