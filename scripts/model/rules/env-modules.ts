import { commandLine } from '../../lib/command-line.ts'
import type { Problem } from '../../lib/problems.ts'
import { atTier, quoted, type Rule } from './rule.ts'

/** They are written without a question: within the repository, each to a file of its own, and over none of ours. */
export const envModulesHavePlaces: Rule = ({ catalogue }) => {
  const named = Object.entries(catalogue.tiers).flatMap(([tier, { envModule: path }]) =>
    path === undefined ? [] : [{ tier, path }],
  )
  return named.flatMap(({ tier, path }) => {
    const others = named.filter((other) => other.path === path && other.tier !== tier).map((other) => other.tier)
    if (others.length > 0) return [wrongPlace(tier, path, `is that of ${quoted(others)} too`)]
    return isWithin(path) ? [] : [wrongPlace(tier, path, 'is not a path of a .ts or .json file below this folder')]
  })
}

// --- internal ---

/** Folders and files that are ours, or are made by others. */
const taken = /^(scripts|values|charts|schema|docs|node_modules|\.git)\//

function isWithin(path: string): boolean {
  const segments = path.split('/')
  const isPlain = segments.every((segment) => /^(?!\.+$)[^\\\p{Cc}]+$/u.test(segment))
  return isPlain && !taken.test(path) && /[^/](\.ts|\.json)$/.test(path) && !/^(package|tsconfig)\b/.test(path)
}

function wrongPlace(tier: string, path: string, fact: string): Problem {
  return {
    code: 'ENV_MODULE_PATH_INVALID',
    where: atTier(tier),
    message: `envModule "${path}" ${fact}. Expected a file of its own such as src/environment.ts, outside of scripts, values, charts, schema and docs.`,
    fix: `Correct the path, or leave it out and print the module with \`${commandLine`env-module --tier ${tier}`}\`.`,
  }
}
