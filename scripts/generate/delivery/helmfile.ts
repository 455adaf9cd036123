import { posix } from 'node:path'
import { whereWrittenIsTyped, writtenCommandLine } from '../../lib/command-line.ts'
import { shell } from '../../lib/shell.ts'
import { chartFolder } from '../chart-copy.ts'
import type { DeliveredFile, DeliveredModel } from './delivered.ts'

/** From the folder of the file to the application's. */
const up = '../..'

/** What helmfile reads: one file, with a release that follows the environment that helmfile is given. */
export function helmfileFiles(models: readonly DeliveredModel<'helmfile'>[]): DeliveredFile[] {
  return [{ path: 'helmfile.yaml', documents: [environments(models), releases()] }]
}

// --- internal ---

function environments(models: readonly DeliveredModel<'helmfile'>[]) {
  const entries = models.map(({ environment, kubeContext, release }) => [
    environment,
    { kubeContext, values: [{ release: release.name, namespace: release.namespace }] },
  ])
  return { environments: Object.fromEntries(entries) }
}

/** Helm does not wait: it would take an ExternalSecret for ready that the operator has not read yet. */
function releases() {
  return {
    releases: [
      {
        name: '{{ .Values.release }}',
        namespace: '{{ .Values.namespace }}',
        createNamespace: true,
        chart: `${up}/${chartFolder}`,
        values: [`${up}/values/{{ .Environment.Name }}.yaml`],
        wait: false,
        atomic: false,
      },
    ],
    hooks: [gate()],
  }
}

/**
 * A hook of the file. Of a release's, `postsync` is left out when nothing has changed, and a failing `cleanup` is only
 * warned about. This one comes at the end of every command, so that it asks which it is.
 *
 * Source: helmfile 1.7.4, `WithPreparedCharts` and `apply`
 */
function gate() {
  const folder = posix.join(up, whereWrittenIsTyped())
  // Quoted for the shell before helmfile puts the names in.
  const [name, context] = ['{{ .Environment.Name }}', '{{ .Environment.KubeContext }}']
  const wait = writtenCommandLine`wait --environment ${name} --context ${context}`
  const isDue = 'and (has .HelmfileCommand (list "apply" "sync")) (not .Event.Error)'
  return {
    name: 'wait',
    events: ['cleanup'],
    showlogs: true,
    command: 'sh',
    args: ['-c', `{{ if ${isDue} }}${shell`cd ${folder}`} && ${wait}{{ end }}`],
  }
}
