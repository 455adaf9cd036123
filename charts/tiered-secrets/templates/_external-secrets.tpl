{{/*
The ExternalSecrets of a tier as a JSON list: those of the main target, then those of the named ones. Each is its entry in
the values, with `at` (where that is), `isOptional`, and `type` (of the Secret, where it is not Opaque).
Arguments: the tier.
*/}}
{{- define "tiered-secrets.externalSecrets" -}}
{{- $all := list -}}
{{- $places := list (dict "at" "" "of" .) -}}
{{- range $name, $target := .targets }}{{ $places = append $places (dict "at" (printf "targets.%s." $name) "of" $target) }}{{ end -}}
{{- range $place := $places -}}
{{- range $need := list "required" "optional" -}}
{{- with index $place.of $need -}}
{{- $more := dict "at" (printf "%s%s" $place.at $need) "isOptional" (eq $need "optional") -}}
{{- if and $place.of.type (eq $need "required") }}{{ $_ := set $more "type" $place.of.type }}{{ end -}}
{{- $all = append $all (merge $more .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $all -}}
{{- end -}}

{{/*
How many variables the catalogue has in a tier.
Arguments: the tier.
*/}}
{{- define "tiered-secrets.variableCount" -}}
{{- $count := 0 -}}
{{- range fromJsonArray (include "tiered-secrets.externalSecrets" .) -}}
{{- $count = add $count (len (fromJson (include "tiered-secrets.sources" .))) -}}
{{- end -}}
{{- $count -}}
{{- end -}}
