import { createHash } from 'node:crypto'
import { utimes } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { archiveDate, chartArchive } from '../chart/archive.ts'
import { changesOf } from '../chart/changes.ts'
import { isChartVersion, publishedMetadata, tagOf } from '../chart/chart-metadata.ts'
import { type CommandIo, defineCommand, wrongUsage } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { readBytesIfExists, readIfExists, unwritable, writeWhole } from '../lib/files.ts'
import { versionOf } from '../lib/folders.ts'
import { jsonDocument, lines } from '../lib/printable.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { shell } from '../lib/shell.ts'
import { loadApplication } from '../session/application.ts'
import { readOwnChart } from '../session/own-chart.ts'

interface Options {
  readonly version: string
  readonly out?: string
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'package',
  summary: 'Packs the chart with the schema of the catalogue, ready for a registry: always the same bytes.',
  example: commandLine`package --version 1.2.3 --out dist`,
  options: [
    { flags: '--version <version>', description: 'of the chart: SemVer, as 1.2.3 or 1.3.0-rc.1', required: true },
    {
      flags: '--out <folder>',
      description: 'where the archive is written (default: the folder of the chart’s repository)',
    },
    {
      flags: '--output <form>',
      description: 'how the result is printed',
      choices: ['table', 'json'],
      default: 'table',
    },
  ],
  async run({ version, out, output }, io) {
    if (!isChartVersion(version)) throw notAVersion(version)
    const date = archiveDateOf(io.env)
    const [files, appVersion, changelog, { catalogue }] = await Promise.all([
      readOwnChart(io),
      versionOf(io),
      readIfExists(join(io.userFolder, changelogFile)),
      loadApplication(io),
    ])
    const changes = changelog === undefined ? undefined : changesOf(changelog, version)
    const metadata = publishedMetadata(files.get('Chart.yaml') ?? '', { version, appVersion, changes })
    const bytes = chartArchive(chartName, new Map([...files, ['Chart.yaml', metadata]]))
    const file = join(out ?? io.userFolder, `${chartName}-${version}.tgz`)
    const isNew = await write(file, bytes, date)
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const shown = shownPath(file, io)
    if (changelog !== undefined && changes === undefined)
      io.log(`${changelogFile} has no heading for ${version}: the archive names no changes`)
    if (!isNew) io.log(`${shown} was there already, with the same bytes`)
    const size = bytes.length
    if (output === 'json')
      io.out(
        jsonDocument({
          version: 1,
          file,
          chart: chartName,
          chartVersion: version,
          appVersion,
          size,
          digest,
          changes: changes ?? null,
        }),
      )
    else io.out(lines(`${shown}: ${size.toLocaleString('en')} bytes, ${digest}`))
    if (tagOf(version) !== version) io.log(`a registry has it under the tag ${tagOf(version)}, because a tag has no +`)
    io.log(`to publish it: ${shell`helm push ${shown}`} oci://<registry>/${catalogue.application}`)
    return exitCodes.ok
  },
})

// --- internal ---

const chartName = 'tiered-secrets'
const changelogFile = 'CHANGELOG.md'

function notAVersion(version: string): ProblemError {
  const message = `is not a version of a chart. Expected SemVer, as 1.2.3, 1.3.0-rc.1 or 1.2.3+build, of at most 128 characters.`
  return wrongUsage('package', `--version ${version}`, message)
}

/**
 * What the file says it was written: Helm puts it into the manifest of the registry, which would otherwise have another digest each
 * time. Source: Helm, pkg/pusher/ocipusher.go; reproducible-builds.org, SOURCE_DATE_EPOCH.
 */
function archiveDateOf({ SOURCE_DATE_EPOCH: seconds }: CommandIo['env']): Date {
  if (seconds === undefined || seconds === '') return archiveDate
  if (/^\d{1,11}$/.test(seconds)) return new Date(1000 * Number(seconds))
  const message = 'is not a time. Expected whole seconds since 1970, as `git log -1 --format=%ct` prints them.'
  throw wrongUsage('package', `SOURCE_DATE_EPOCH=${seconds}`, message)
}

/**
 * @returns whether it was not there yet
 * @throws ProblemError `PACKAGE_DIFFERS`, `FILE_NOT_WRITTEN`
 */
async function write(file: string, bytes: Uint8Array, date: Date): Promise<boolean> {
  const before = await readBytesIfExists(file)
  if (before && !before.equals(bytes))
    throw new ProblemError({
      code: 'PACKAGE_DIFFERS',
      where: file,
      message: 'is there already, with other content. Expected one content for each version.',
      fix: 'Choose another --version. If this one was never published, delete the file and run the same command again.',
    })
  if (!before) await writeWhole(file, bytes)
  await utimes(file, date, date).catch((error: unknown) => {
    throw unwritable(file, error)
  })
  return before === undefined
}

function shownPath(file: string, { typedIn }: CommandIo): string {
  const below = relative(typedIn, file)
  return below.startsWith('..') ? file : below
}
