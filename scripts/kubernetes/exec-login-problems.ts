import type { RunResult } from '../lib/exec.ts'
import { type ExitCode, exitCodes, type Problem, ProblemError } from '../lib/problems.ts'
import { shell } from '../lib/shell.ts'

/** What a problem with a login plugin names: never its arguments, its settings or its output. */
export interface PluginPlace {
  /** The kubeconfig files. */
  readonly where: string
  readonly context: string
  /** As written in the kubeconfig. */
  readonly command: string
}

/** How a login plugin can fail. */
export const loginProblems = {
  badEntry: (place: PluginPlace, apiVersions: readonly string[]) =>
    problem(place, 'BAD_KUBECONFIG', {
      message: `its user's "exec" is not what kubectl accepts. Expected a command, args, env (name and value) and apiVersion ${apiVersions.join(' or ')}.`,
      fix: 'Correct the file, or download it again.',
    }),

  interactive: (place: PluginPlace) =>
    problem(place, 'LOGIN_PLUGIN_INTERACTIVE', {
      message: `the login plugin "${place.command}" needs a terminal (interactiveMode: Always). Expected one that works without.`,
      fix: 'Use a context with a token, for example of a service account: kubectl create token <name>.',
    }),

  missing: (place: PluginPlace, installHint: string | undefined, passedOver: readonly Problem[] = []) => {
    const told = problem(place, 'LOGIN_PLUGIN_MISSING', {
      message: `the login plugin "${place.command}" can't be started. Expected an executable file.`,
      fix: installHint ?? `Install ${place.command}, or correct the command in the kubeconfig.`,
      exitCode: exitCodes.toolMissing,
    })
    return new ProblemError([...told.problems, ...passedOver], told.exitCode)
  },

  /** A plugin may repeat the settings it was given, and the kubeconfig may hold a key among them. */
  failed: (place: PluginPlace, { stderr, exitCode }: RunResult, settings: Readonly<Record<string, string>>) => {
    let line = stderr.trim().split('\n', 1)[0] ?? ''
    for (const [name, value] of Object.entries(settings)) {
      if (value.length >= 8) line = line.replaceAll(value, `(${name})`)
    }
    const said = line === '' ? 'It says nothing.' : `It says: ${line.slice(0, 300)}`
    const message = `the login plugin "${place.command}" ended with exit code ${exitCode}. Expected 0. ${said}`
    return problem(place, 'LOGIN_PLUGIN_FAILED', { message, fix: byHand(place), exitCode: exitCodes.unreachable })
  },

  timedOut: (place: PluginPlace, timeoutMs: number) =>
    problem(place, 'LOGIN_PLUGIN_TIMEOUT', {
      message: `the login plugin "${place.command}" has not answered after ${timeoutMs / 1000} s. Expected a credential by then.`,
      fix: byHand(place),
      exitCode: exitCodes.unreachable,
    }),

  badAnswer: (place: PluginPlace, fact: string, apiVersion: string) =>
    problem(place, 'LOGIN_PLUGIN_ANSWER', {
      message: `what the login plugin "${place.command}" printed ${fact}. Expected an ExecCredential of ${apiVersion}.`,
      fix: 'Update the plugin, or download the kubeconfig again: their versions have to match.',
      exitCode: exitCodes.unreachable,
    }),
}

// --- internal ---

interface Told {
  readonly message: string
  readonly fix: string
  /** Default: `exitCodes.problems` */
  readonly exitCode?: ExitCode
}

function problem({ where, context }: PluginPlace, code: string, { message, fix, exitCode }: Told): ProblemError {
  return new ProblemError({ code, where, message: `context "${context}": ${message}`, fix }, exitCode)
}

function byHand({ context }: PluginPlace): string {
  return `Try it by hand: ${shell`kubectl --context ${context} get namespaces`}. Log in again if the plugin says so.`
}
