import { dependsOnUs, parseManifest } from '../../lib/manifest.ts'
import { isRecord } from '../../lib/record.ts'

/** `package.json` with our commands as scripts. */
export interface PackageJson {
  readonly text: string
  /** Scripts that start us, old and new ones. */
  readonly scripts: ReadonlySet<string>
  /** Names of our commands that another script of the user's has already. */
  readonly taken: readonly string[]
  /** Our package is not among the dependencies yet. */
  readonly isNewDependency: boolean
}

/**
 * Adds a script for each command, and our package to the development dependencies. Whatever is there stays as it is.
 *
 * @param before the text as yet, if there is one
 * @throws ProblemError `JSON_INVALID`
 */
export function packageJson(
  before: string | undefined,
  { application, version, commands }: { application: string; version: string; commands: readonly string[] },
): PackageJson {
  const content =
    before === undefined ? { name: application, private: true, type: 'module' } : parseManifest(before, 'package.json')
  const own = isRecord(content.scripts) ? content.scripts : {}
  const ours = Object.fromEntries(commands.map((name) => [name, `tiered-secrets ${name}`]))
  const scripts = { ...ours, ...own }
  const isNewDependency = !dependsOnUs(content)
  const development = isRecord(content.devDependencies) ? content.devDependencies : {}
  const changed = {
    ...content,
    // Those of the user come first, in their order.
    scripts: { ...own, ...scripts },
    ...(isNewDependency ? { devDependencies: { ...development, 'tiered-secrets': version } } : {}),
  }
  const isSame = !isNewDependency && commands.every((name) => name in own)
  return {
    text: isSame ? (before ?? '') : `${JSON.stringify(changed, null, indentOf(before ?? ''))}\n`,
    scripts: new Set(commands.filter((name) => scripts[name] === ours[name])),
    taken: commands.filter((name) => scripts[name] !== ours[name]),
    isNewDependency,
  }
}

// --- internal ---

/** What its first indented line begins with. */
function indentOf(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? '  '
}
