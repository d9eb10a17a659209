/** Conda packages that are the same software on PyPI, by conda name; a value of `null` has the same name there. */
const renamed: Readonly<Record<string, string>> = {
  'dask-core': 'dask',
  'matplotlib-base': 'matplotlib',
  'msgpack-python': 'msgpack',
  'py-lightgbm': 'lightgbm',
  'py-xgboost': 'xgboost',
  'py-opencv': 'opencv-python-headless',
  opencv: 'opencv-python-headless',
  pytables: 'tables',
  'python-graphviz': 'graphviz',
  pytorch: 'torch',
  'pytorch-lightning': 'pytorch-lightning',
  ruamel_yaml: 'ruamel.yaml',
  'snappy-python': 'python-snappy',
  'tensorflow-gpu': 'tensorflow',
}

const sameName = new Set(
  (
    'absl-py adlfs aiohttp altair applicationinsights azure-core azure-identity azure-storage-blob beautifulsoup4 bokeh boto3 botocore ' +
    'category_encoders certifi cffi click cloudpickle cryptography cython dash dask datasets dill distributed duckdb fastapi fastparquet ' +
    'filelock flask fsspec gensim geopandas gitpython gunicorn h5py httpx huggingface_hub hyperopt imbalanced-learn importlib-metadata ' +
    'inference-schema ipykernel ipython ipywidgets jinja2 joblib jsonschema jupyter keras lightgbm lime llvmlite lxml markdown matplotlib ' +
    'mlflow mlflow-skinny mlxtend mpi4py msrest networkx nltk notebook numba numexpr numpy onnx onnxruntime openpyxl optuna packaging ' +
    'pandas patsy pillow plotly polars prophet protobuf psutil psycopg2 pyarrow pydantic pyodbc pyspark pytest python-dateutil pytz ' +
    'pyyaml ray regex requests rich s3fs sacremoses scikit-image scikit-learn scipy seaborn sentencepiece setuptools shap six skl2onnx ' +
    'spacy sqlalchemy statsmodels streamlit sympy tabulate tensorboard tensorflow threadpoolctl tokenizers torch torchaudio torchmetrics ' +
    'torchvision tqdm transformers typing_extensions typing-extensions ujson urllib3 uvicorn wheel xarray xgboost xlrd xlsxwriter'
  ).split(' '),
)

/** The name on PyPI of a conda package; `undefined` when there is none or it is not known. */
export function pypiName(condaName: string): string | undefined {
  const name = condaName.toLowerCase()
  return renamed[name] ?? (sameName.has(name) ? name : undefined)
}

/**
 * A conda constraint as pip writes it: `=1.2` → `==1.2.*`, ` 1.2.*` → `==1.2.*`, `==1.2=py39_0` → `==1.2`, `>=1,<2` stays.
 * @returns `undefined` when pip has no form of it, such as alternatives with `|`
 */
export function pipConstraint(condaConstraint: string): string | undefined {
  const text = condaConstraint.replaceAll(/\s+/g, '')
  if (text === '' || text === '*') return ''
  if (text.includes('|')) return undefined
  if (/[<>!~,]/.test(text)) return /^(?:(?:[<>]=?|[!~=]=)[\w.*+!]+,?)+$/.test(text) ? text : undefined
  const [, exact = '', version = ''] = /^(={0,2})([\w.*+!]+)(?:=[\w.*]+)?$/.exec(text) ?? []
  if (version === '') return undefined
  if (exact === '==' || version.endsWith('*') || version.split('.').length >= 3) return `==${version}`
  return `==${version}.*`
}
