import { chartFolder, versionIn } from '../generate/chart-copy.ts'
import type { StaleFile } from '../generate/stale-files.ts'
import { commandLine } from '../lib/command-line.ts'
import type { Problem } from '../lib/problems.ts'

/** What is wrong with generated files that are missing or differ; a chart of another version, or none, is one problem. */
export function staleProblems(stale: readonly StaleFile[]): Problem[] {
  const ofChart = stale.filter(({ path }) => path.startsWith(`${chartFolder}/`))
  const others = stale.filter((file) => !ofChart.includes(file))
  return [...chartProblems(ofChart), ...others.map(staleProblem)]
}

/** What is wrong with files that somebody put into the chart. */
export function foreignProblems(paths: readonly string[]): Problem[] {
  return paths.map((path) => ({
    code: 'CHART_EXTENDED',
    where: path,
    message: 'is not a file of the chart, and Helm would read it. Expected the chart as the generator writes it.',
    fix: 'Delete it, or move it into a chart of your own.',
  }))
}

/** A file at the place of a generated one that we have not written. */
export function replacedProblem({ path }: { readonly path: string }): Problem {
  return {
    code: 'NOT_GENERATED',
    where: path,
    message: 'there is a file that was not generated. Expected none, or an earlier one of ours: it would be lost.',
    fix: path.startsWith('gitops/')
      ? 'Move it to another folder, or take delivery out of scripts/environments.ts.'
      : 'Move it, or name another file as envModule in scripts/catalogue.ts.',
  }
}

// --- internal ---

function chartProblems(stale: readonly StaleFile[]): Problem[] {
  const [differing] = stale.flatMap(({ content, committed = '' }) => {
    const [is, was] = [versionIn(content), versionIn(committed)]
    return is !== undefined && was !== undefined && is !== was ? [{ is, was }] : []
  })
  if (differing) return [otherVersion(differing)]
  const isAbsent = stale.length > 1 && stale.every(({ committed }) => committed === undefined)
  return isAbsent ? [absentChart] : stale.map(staleProblem)
}

function staleProblem({ path }: StaleFile): Problem {
  return {
    code: 'STALE',
    where: path,
    message: 'differs from what the catalogue implies. Expected the text the generator makes.',
    fix: `Run \`${commandLine`gen-values`}\` and commit the result. A hand edit belongs in the catalogue.`,
  }
}

const absentChart: Problem = {
  code: 'STALE',
  where: chartFolder,
  message: 'is not there. Expected the chart, as the generator writes it.',
  fix: `Run \`${commandLine`gen-values`}\` and commit the result.`,
}

function otherVersion({ is, was }: { readonly is: string; readonly was: string }): Problem {
  return {
    code: 'OTHER_VERSION',
    where: chartFolder,
    message: `was written by tiered-secrets ${was}, and this is ${is}. Expected generated files of the version that is installed.`,
    fix: `Run \`${commandLine`gen-values`}\`, read what changes in CHANGELOG.md of the package, and commit the result. If ${was} is the version you want, run \`npm ci\` instead.`,
  }
}
