{{/*
Remote refs outside their tier's folder, and variables that are filled twice, one line each.
Arguments: the chart context.
*/}}
{{- define "tiered-secrets.refProblems" -}}
{{- $name := include "tiered-secrets.remoteSegment" . -}}
{{- range $tier, $spec := .Values.tiers -}}
  {{- $prefix := printf "path:%s/" $spec.remotePath -}}
  {{- range fromJsonArray (include "tiered-secrets.externalSecrets" $spec) -}}
    {{- $at := printf "tiers.%s.%s" $tier .at -}}
    {{- $refs := dict -}}
    {{- $data := .data | default dict -}}
    {{- /* All refs as one text first: compiling a pattern for each takes longer than rendering the chart. */ -}}
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
