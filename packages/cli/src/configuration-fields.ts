/** The fields of a configuration by name, as help shows them: any of them, or a field in them, can be an option. */
export const configurationFields: Readonly<Record<string, { readonly value: string; readonly about: string }>> = {
  preset: { value: 'NAME', about: 'a configuration to begin with' },
  name: { value: 'NAME', about: 'names the run' },
  data: { value: 'PATH', about: 'where the images are: a path, or the JSON of a source' },
  stages: { value: 'JSON', about: 'the resolutions: [16,64]' },
  network: { value: 'SIZE', about: 'the size of the networks: tiny, small, base, paper' },
  training: { value: 'JSON', about: 'how stages are trained: --training.steps 1000' },
  sampling: { value: 'JSON', about: 'how stages are sampled: --sampling.steps 25' },
  evaluation: { value: 'JSON', about: 'how samples are evaluated: --evaluation.samples 1000' },
  report: { value: 'JSON', about: 'the words of the report: --report.title Flowers' },
  seed: { value: 'N', about: 'fixes weights, batches and noise' },
}
