{{/*
Two tiers that share what keeps them apart, a line each.
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
      {{- printf "%s.remotePath: %q overlaps with %q of tier %s. Expected folders apart from each other.\n" $at $spec.remotePath $path $other -}}
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
A segment of a remote path, or the name of a remote secret, as a regular expression. Dots alone are no name: a server may
read `..` as the folder above.
Arguments: none.
*/}}
{{- define "tiered-secrets.remoteSegment" -}}
[.]*[A-Za-z0-9_-][A-Za-z0-9._-]*
{{- end -}}

{{/*
Remote refs outside their tier's folder, and variables that are filled twice, a line each.
Arguments: the chart context.
*/}}
{{- define "tiered-secrets.refProblems" -}}
{{- $name := include "tiered-secrets.remoteSegment" . -}}
{{- range $tier, $spec := .Values.tiers -}}
  {{- $prefix := printf "path:%s/" $spec.remotePath -}}
  {{- range $need := list "required" "optional" -}}
    {{- with index $spec $need -}}
      {{- $at := printf "tiers.%s.%s" $tier $need -}}
      {{- $refs := dict -}}
      {{- $data := .data | default dict -}}
      {{- /* All refs as one text first: to compile a pattern for each takes longer than to render the chart. */ -}}
      {{- if not (regexMatch (printf "^\\[(\"%s%s\",?)*\\]$" (regexQuoteMeta $prefix) $name) (toJson (values $data))) -}}
        {{- range $variable, $ref := $data }}{{ $_ := set $refs (printf "data.%s" $variable) $ref }}{{ end -}}
      {{- end -}}
      {{- $fields := .fields | default dict -}}
      {{- range $variable, $field := $fields -}}
        {{- $_ := set $refs (printf "fields.%s.remoteRef" $variable) $field.remoteRef -}}
        {{- if hasKey $data $variable -}}
          {{- printf "%s.fields.%s: is also in data. Expected each variable once.\n" $at $variable -}}
        {{- end -}}
      {{- end -}}
      {{- $bundled := dict -}}
      {{- range $identity, $bundle := .bundles -}}
        {{- $_ := set $refs (printf "bundles.%s.remoteRef" $identity) $bundle.remoteRef -}}
        {{- range $bundle.keys -}}
          {{- if or (hasKey $data .) (hasKey $fields .) (hasKey $bundled .) -}}
            {{- printf "%s.bundles.%s.keys: %s is also filled by another entry. Expected each variable once.\n" $at $identity . -}}
          {{- end -}}
          {{- $_ := set $bundled . $identity -}}
        {{- end -}}
      {{- end -}}
      {{- $inside := printf "^%s%s$" (regexQuoteMeta $prefix) $name -}}
      {{- range $place, $ref := $refs -}}
        {{- if not (regexMatch $inside $ref) -}}
          {{- printf "%s.%s: %q is outside this tier. Expected a remote ref directly under %q.\n" $at $place $ref $prefix -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end -}}
