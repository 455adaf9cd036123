{{/*
Two tiers that share what keeps them apart, one line each.
Arguments: the chart context.
*/}}
{{- define "tiered-secrets.tierProblems" -}}
{{- $namespaces := dict -}}
{{- $credentials := dict -}}
{{- $projects := dict -}}
{{- $paths := dict -}}
{{- range $tier, $spec := .Values.tiers -}}
  {{- $at := printf "tiers.%s" $tier -}}
  {{- if not (regexMatch (printf "^(/%s)+$" (include "tiered-secrets.remoteSegment" $)) $spec.remotePath) -}}
    {{- printf "%s.remotePath: %q is not a folder. Expected /segment/segment, of letters, digits, dots, underscores and hyphens, not dots only.\n" $at $spec.remotePath -}}
  {{- end -}}
  {{- with get $namespaces $spec.namespace -}}
    {{- printf "%s.namespace: %q is also the namespace of tier %s. Expected a namespace for each tier.\n" $at $spec.namespace . -}}
  {{- end -}}
  {{- with get $credentials $spec.credentialsSecret -}}
    {{- printf "%s.credentialsSecret: %q is also the credential of tier %s. Expected a credential for each tier.\n" $at $spec.credentialsSecret . -}}
  {{- end -}}
  {{- with get $projects $spec.projectId -}}
    {{- if eq $.Values.isolation "project" -}}
      {{- printf "%s.projectId: %q is also the project of tier %s. Expected a project for each tier, since isolation is \"project\".\n" $at $spec.projectId . -}}
    {{- end -}}
  {{- end -}}
  {{- range $path, $other := $paths -}}
    {{- if or (hasPrefix (printf "%s/" $path) (printf "%s/" $spec.remotePath)) (hasPrefix (printf "%s/" $spec.remotePath) (printf "%s/" $path)) -}}
      {{- printf "%s.remotePath: %q overlaps with %q of tier %s. Expected separate folders.\n" $at $spec.remotePath $path $other -}}
    {{- end -}}
  {{- end -}}
  {{- if contains "/" $spec.secretStore -}}
    {{- printf "%s.secretStore: %q names another namespace. Expected the bare name of a SecretStore: a tier's store is in the tier's own namespace.\n" $at $spec.secretStore -}}
  {{- end -}}
  {{- $_ := set $namespaces $spec.namespace $tier -}}
  {{- $_ := set $credentials $spec.credentialsSecret $tier -}}
  {{- $_ := set $projects $spec.projectId $tier -}}
  {{- $_ := set $paths $spec.remotePath $tier -}}
{{- end -}}
{{- end -}}

{{/*
A segment of a remote path, or the name of a remote secret, as a regular expression. Dots alone are not a name: a server may
read `..` as the folder above.
Arguments: none.
*/}}
{{- define "tiered-secrets.remoteSegment" -}}
[.]*[A-Za-z0-9_-][A-Za-z0-9._-]*
{{- end -}}
