"""Trials of AutoML for tables: one pipeline of scikit-learn or LightGBM each, judged on validation rows, kept as an MLflow model.

Runs in the user's environment (scikit-learn, LightGBM, pandas, MLflow), unlike ``fulcrum_runtime``. Saved models carry a copy of
this package, so what they unpickle must keep its place and name.
"""
