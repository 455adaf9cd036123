import { join, relative } from 'node:path'
import { baselineText, readBaseline, withoutBaseline } from '../inspect/audit/accepted/baseline.ts'
import { parseIgnoreFile, withoutIgnored } from '../inspect/audit/accepted/ignore-file.ts'
import { audit } from '../inspect/audit/audit.ts'
import { withExactLines } from '../inspect/audit/exact-lines.ts'
import { type Finding, sortFindings } from '../inspect/audit/finding.ts'
import { gitlabReport } from '../inspect/audit/reports/gitlab-report.ts'
import { jsonReport } from '../inspect/audit/reports/json-report.ts'
import { junitReport } from '../inspect/audit/reports/junit-report.ts'
import { sarifReport } from '../inspect/audit/reports/sarif-report.ts'
import { counted, findingsTable, findingTexts } from '../inspect/audit/reports/table-report.ts'
import { readWorld } from '../inspect/audit/world/read-world.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { type CommandIo, contextOption, defineCommand, environmentOption, wrongUsage } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { readIfExists, writeWhole } from '../lib/files.ts'
import type { Shown } from '../lib/output.ts'
import { exitCodes } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { openCluster, openEnvironment } from '../session/access.ts'
import { loadEnvironment } from '../session/application.ts'

type Form = 'table' | 'json' | 'sarif' | 'gitlab' | 'junit'

interface Options {
  readonly environment: string
  readonly manifests?: readonly string[]
  readonly code?: readonly string[]
  readonly live?: boolean
  readonly context?: string
  readonly baseline?: string
  readonly writeBaseline?: boolean
  readonly ignoreFile?: string
  readonly output: Form
}

export const command = defineCommand<Options>({
  name: 'audit',
  summary: 'Finds what is wrong between catalogue, manifests and code, each with its place; exits 3 with errors.',
  example: commandLine`audit --environment recette --manifests k8s --code backend=@back`,
  options: [
    environmentOption,
    {
      flags: '--manifests <file>',
      description: 'a file or folder of manifests; may be given several times, and left out with --live',
      isRepeatable: true,
    },
    {
      flags: '--code <file>',
      description: 'a folder of code, of one tier as backend=@back; may be given several times',
      isRepeatable: true,
    },
    {
      flags: '--live',
      description: 'also what is in the cluster of the environment, or that alone; nothing is changed in it',
    },
    contextOption,
    { flags: '--baseline <file>', description: 'findings that are accepted for now, which are not shown' },
    { flags: '--write-baseline', description: 'accept all that is found today, in the file of --baseline' },
    { flags: '--ignore-file <file>', description: 'a YAML list of findings to live with, each with its reason' },
    {
      flags: '--output <form>',
      description: 'how the findings are printed',
      choices: ['table', 'json', 'sarif', 'gitlab', 'junit'],
      default: 'table',
    },
  ],
  async run(options, io) {
    const {
      environment,
      manifests = [],
      code = [],
      live = false,
      context,
      baseline,
      writeBaseline = false,
      ignoreFile,
      output,
    } = options
    if (writeBaseline && baseline === undefined)
      throw wrongUsage('audit', '--write-baseline', 'no file is named. Expected --baseline <file> with it.')
    if (!live && manifests.length === 0)
      throw wrongUsage(
        'audit',
        '--manifests',
        'nothing is named. Expected a file or folder of manifests, --live, or both.',
      )
    const model = live ? await openEnvironment(environment, io) : await loadEnvironment(io, environment)
    using client = live ? await openCluster(model, io, context) : undefined
    const { world, unread, unseen } = await readWorld({ model, manifests, code, live: client }, io).catch(
      (error: unknown) => {
        throw live ? clusterProblem(error) : error
      },
    )
    const found = await withExactLines(audit(world), fileReader(io.typedIn))
    const all = await unignored([...unread, ...found], ignoreFile, io)
    for (const line of unseen) io.log(`not checked: ${line}`)
    if (writeBaseline && baseline !== undefined) {
      await writeWhole(baseline, baselineText(all))
      io.log(`Accepted in ${relative(io.typedIn, baseline)}: ${counted(all)}.`)
      return exitCodes.ok
    }
    const findings = await unaccepted(all, baseline, io)
    const report = reports[output](model, findings)
    if (report !== undefined) io.out(report)
    if (findings.length > 0) io.tell(findingTexts(findings))
    io.log(counted(findings))
    return findings.some(({ severity }) => severity === 'error') ? exitCodes.problems : exitCodes.ok
  },
})

// --- internal ---

/** Reads files again as long as that does not take long: a line is not worth more. */
function fileReader(folder: string): (file: string) => Promise<string | undefined> {
  let left = 5 * 1024 * 1024
  return async (file) => {
    if (left <= 0) return undefined
    const text = await readIfExists(join(folder, file))
    left -= text?.length ?? 0
    return text
  }
}

const reports: Readonly<Record<Form, (model: EnvironmentModel, findings: readonly Finding[]) => Shown | undefined>> = {
  table: (_, findings) => (findings.length === 0 ? undefined : (columns) => findingsTable(findings, columns)),
  json: jsonReport,
  sarif: (_, findings) => sarifReport(findings),
  gitlab: (_, findings) => gitlabReport(findings),
  junit: (_, findings) => junitReport(findings),
}

async function unignored(
  findings: readonly Finding[],
  file: string | undefined,
  { typedIn }: CommandIo,
): Promise<Finding[]> {
  if (file === undefined) return sortFindings(findings)
  const shown = relative(typedIn, file)
  const text = await readIfExists(file)
  if (text === undefined) throw wrongUsage('audit', `--ignore-file ${shown}`, 'there is no such file. Expected one.')
  return sortFindings(withoutIgnored(findings, parseIgnoreFile(text, shown), shown))
}

async function unaccepted(findings: readonly Finding[], file: string | undefined, io: CommandIo): Promise<Finding[]> {
  if (file === undefined) return [...findings]
  const shown = relative(io.typedIn, file)
  const { left, gone } = withoutBaseline(findings, await readBaseline(file, shown))
  if (left.length < findings.length) io.log(`accepted in ${shown}: ${findings.length - left.length}`)
  if (gone > 0) io.log(`${shown} has ${gone} that ${gone === 1 ? 'is' : 'are'} not found any more: write it again`)
  return left
}
