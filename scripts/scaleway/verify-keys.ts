import { commandLine, pipedCommandLine } from '../lib/command-line.ts'
import type { Problem } from '../lib/problems.ts'
import { shell } from '../lib/shell.ts'
import { holderOption, type IamPlan, type TierIamPlan } from '../model/iam.ts'
import type { ApiKeyEntry } from './iam.ts'
import type { LiveApplication } from './live-iam.ts'

/** What is wrong with the keys of a tier's application. Only the end of an access key is ever shown. */
export function compareKeys(
  plan: IamPlan,
  { tier }: TierIamPlan,
  { id, keys }: LiveApplication,
  now: Date,
): Omit<Problem, 'where'>[] {
  const rotation = commandLine`credentials --environment ${plan.environment} --tier ${tier} --rotate`
  const rotate = plan.for === 'ci' ? newKey(plan) : `Run \`${rotation}\`.`
  const list = shell`scw iam api-key list bearer-id=${id}`
  const usable = keys.filter((key) => daysLeft(key, now) > 0)
  const expired = keys.filter((key) => daysLeft(key, now) <= 0)
  return [
    ...(keys.length === 0
      ? [{ code: 'IAM_KEY_MISSING', message: `has no key. ${expectedKey}`, fix: newKey(plan) }]
      : []),
    ...expired.map((key) => ({
      code: 'IAM_KEY_EXPIRED',
      message: `${nameOf(key)} expired on ${dateOf(key)}. ${expectedKey}`,
      ...(usable.length === 0
        ? { fix: newKey(plan) }
        : { fix: `Find it with \`${list}\` and delete it: \`scw iam api-key delete\`.`, severity: 'warning' as const }),
    })),
    ...usable
      .filter(({ expires_at }) => expires_at === null)
      .map((key) => ({
        code: 'IAM_KEY_WITHOUT_EXPIRY',
        message: `${nameOf(key)} never expires. Expected an end within ${plan.keyLifetimeDays} days.`,
        fix: rotate,
      })),
    ...usable
      .filter((key) => daysLeft(key, now) <= plan.keyWarningDays)
      .map((key) => ({
        code: 'IAM_KEY_EXPIRES_SOON',
        message: `${nameOf(key)} expires on ${dateOf(key)}. Expected more than ${plan.keyWarningDays} days.`,
        fix: rotate,
        severity: 'warning' as const,
      })),
    ...(usable.length > 1
      ? [
          {
            code: 'IAM_KEYS_SEVERAL',
            message: `has ${usable.length} keys that work: ${usable.map(nameOf).join(', ')}. Expected one.`,
            fix: `${plan.for === 'ci' ? 'Find' : `Finish the rotation (\`${rotation}\`), or find`} the unused one with \`${list}\` and delete it.`,
            severity: 'warning' as const,
          },
        ]
      : []),
  ]
}

/** When the key that lasts longest ends: `2026-11-24`, `never`, or `-` without a key. */
export function lastExpiry({ keys }: Pick<LiveApplication, 'keys'>): string {
  if (keys.some(({ expires_at }) => expires_at === null)) return 'never'
  return keys.map(dateOf).sort().at(-1) ?? '-'
}

// --- internal ---

const dayMs = 24 * 60 * 60 * 1000
const expectedKey = 'Expected one key that works.'

function newKey(plan: IamPlan): string {
  const given = ['--environment', plan.environment, ...holderOption(plan)]
  const script = `${pipedCommandLine`iam ${given} --format scw`} > iam.sh && sh iam.sh`
  if (plan.for === 'tiers') return `Run \`${script}\`, which makes a key.`
  return `Run \`${script} <command>\`, which makes a key and gives it to the command that stores it for the pipeline.`
}

function daysLeft({ expires_at }: ApiKeyEntry, now: Date): number {
  if (expires_at === null) return Number.POSITIVE_INFINITY
  return (new Date(expires_at).getTime() - now.getTime()) / dayMs
}

function nameOf({ access_key }: ApiKeyEntry): string {
  return `key …${access_key.slice(-4)}`
}

function dateOf({ expires_at }: ApiKeyEntry): string {
  return expires_at?.slice(0, 10) ?? 'never'
}
