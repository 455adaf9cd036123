/**
 * The argument lists of the local processes, as data. All run with the private folder as working directory, so paths
 * are relative to it. Source: the programs' own `--help`. No argument holds a secret.
 */

/** Names of the files in the private folder. */
export const files = {
  tokens: 'tokens.csv',
  kubeconfig: 'kubeconfig',
  signingKey: 'service-account.key',
  verificationKey: 'service-account.pub',
  certificates: 'certificates',
  servingCertificate: 'certificates/apiserver.crt',
  servingKey: 'certificates/apiserver.key',
  /** etcd makes a socket of this name from `unix://etcd:0`: in a private folder no other user can read our Secrets. */
  etcdSocket: 'etcd:0',
} as const

/** @param extra added at the end, where a repeated flag wins */
export function etcdArgs(extra: readonly string[] = []): string[] {
  return [
    '--name=local',
    '--data-dir=etcd-data',
    '--listen-client-urls=unix://etcd:0',
    '--advertise-client-urls=unix://etcd:0',
    '--listen-peer-urls=unix://etcd-peer:0',
    '--initial-advertise-peer-urls=unix://etcd-peer:0',
    '--initial-cluster=local=unix://etcd-peer:0',
    // The data dies with the run, so waiting for the disk is useless.
    '--unsafe-no-fsync',
    '--log-level=warn',
    ...extra,
  ]
}

export interface ApiServerFlags {
  readonly port: number
  /** Added at the end, where a repeated flag wins. */
  readonly extra?: readonly string[]
}

export function apiServerArgs({ port, extra = [] }: ApiServerFlags): string[] {
  return [
    '--etcd-servers=unix://etcd:0',
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    // It writes a self-signed certificate there, which is our certificate authority as well.
    `--cert-dir=${files.certificates}`,
    '--authorization-mode=RBAC',
    '--anonymous-auth=false',
    `--token-auth-file=${files.tokens}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${files.signingKey}`,
    `--service-account-key-file=${files.verificationKey}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    // No kubelet runs; a Pod needs no token of a service account that nobody would mount.
    '--disable-admission-plugins=ServiceAccount',
    // The `kubernetes` Service needs no endpoints here, and an API server stops faster without removing them.
    '--endpoint-reconciler-type=none',
    '--profiling=false',
    ...extra,
  ]
}

export interface ControllerManagerFlags {
  readonly port: number
  /** Controllers that run besides: `deployment-controller`. */
  readonly more?: readonly string[]
}

/** Without the last two a quota limits nothing, and the built-in roles `view`, `edit` and `admin` are empty. */
const controllers = [
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'resourcequota-controller',
  'clusterrole-aggregation-controller',
] as const

export function controllerManagerArgs({ port, more = [] }: ControllerManagerFlags): string[] {
  return [
    `--kubeconfig=${files.kubeconfig}`,
    `--controllers=${[...controllers, ...more].join(',')}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${files.servingCertificate}`,
    `--tls-private-key-file=${files.servingKey}`,
    '--authentication-skip-lookup',
    '--profiling=false',
  ]
}

export interface OperatorFlags {
  readonly livePort: number
  /** ExternalSecrets worked on at the same time. */
  readonly concurrent: number
  /** Stores of another class are left alone. Default: only stores without a class are served */
  readonly controllerClass?: string | undefined
}

/** There is no `--kubeconfig`: the operator reads the environment variable KUBECONFIG. */
export function operatorArgs({ livePort, concurrent, controllerClass }: OperatorFlags): string[] {
  return [
    `--concurrent=${concurrent}`,
    ...(controllerClass === undefined ? [] : [`--controller-class=${controllerClass}`]),
    '--enable-cluster-store-reconciler=false',
    '--enable-cluster-external-secret-reconciler=false',
    '--enable-push-secret-reconciler=false',
    '--enable-cluster-push-secret-reconciler=false',
    '--metrics-addr=0',
    `--live-addr=127.0.0.1:${livePort}`,
    '--zap-time-encoding=iso8601',
  ]
}
