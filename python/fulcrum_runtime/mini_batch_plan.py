"""How the input of a parallel step is cut into mini-batches: pure, from names and sizes of files only.

A mini-batch is ``{files: [path]}`` for files, or ``{parts: [{path, start, end}], keys}`` for tables (``start`` and ``end`` are
bytes, None for a whole file; ``keys`` {column: value} or None). A table is described by ``{paths, transformations}`` as in a file
MLTable.
"""

import glob
import hashlib
import json
import os
import re

DEFAULT_FILES = 10
DEFAULT_TABLE_BYTES = 1024 * 1024
UNITS = {'': 1, 'b': 1, 'kb': 1024, 'mb': 1024 ** 2, 'gb': 1024 ** 3}
READERS = ('read_delimited', 'read_parquet', 'read_json_lines')
# Placeholders of a partition format that stand for parts of dates.
DATE_PARTS = re.compile(r'yyyy|MM|dd|HH|mm|ss')


class PlanError(Exception):
    """The input cannot be cut; the message says what to change."""


def parse_size(text, default):
    """``10`` → 10, ``'10kb'`` → 10240, None → ``default``. Raises PlanError."""
    if text is None or text == '':
        return default
    found = re.fullmatch(r'\s*(\d+)\s*([kKmMgG]?[bB]?)\s*', str(text))
    if not found or found.group(2).lower() not in UNITS:
        raise PlanError("mini_batch_size is '%s'; write a number, or a number with kb, mb or gb" % text)
    size = int(found.group(1)) * UNITS[found.group(2).lower()]
    if size < 1:
        raise PlanError('mini_batch_size must be at least 1')
    return size


def list_files(path, nested=True):
    """The files of an input in the order of their names; a single file stands for itself. Names with a leading dot are left out."""
    if os.path.isfile(path):
        return [path]
    found = []
    for directory, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith('.')) if nested else []
        found += [os.path.join(directory, name) for name in names if not name.startswith('.')]
    return sorted(found)


def is_tabular(table):
    """Whether a table description says how to read rows; without that it is a list of files."""
    return any(name in READERS for step in table.get('transformations') or [] for name in named_step(step))


def named_step(step):
    """A transformation as {name: options}; some are written as a name alone."""
    return {step: None} if isinstance(step, str) else step


def options_of(table, name):
    """The options of a transformation, {} when it has none, None when it is not there."""
    for step in table.get('transformations') or []:
        named = named_step(step)
        if name in named:
            return named[name] or {}
    return None


def table_files(root, table):
    """The files that the ``paths`` of a table name, below its folder."""
    files = []
    for entry in table.get('paths') or []:
        kind, text = next(iter(entry.items())) if isinstance(entry, dict) else ('file', entry)
        if re.match(r'[a-z]+://', str(text)) or os.path.isabs(str(text)):
            raise PlanError("the MLTable names '%s'; only paths below its own folder can be read" % text)
        place = os.path.normpath(os.path.join(root, str(text)))
        if os.path.commonpath([os.path.realpath(root), os.path.realpath(place.split('*')[0])]) != os.path.realpath(root):
            raise PlanError("the MLTable names '%s', which lies outside its folder" % text)
        if kind == 'pattern':
            files += sorted(path for path in glob.glob(place, recursive=True) if os.path.isfile(path))
        else:
            found = list_files(place)
            if not found:
                raise PlanError("the MLTable names '%s', which is not there" % text)
            files += found
    return list(dict.fromkeys(files))


def partition_pattern(text):
    """The regular expression of a partition format such as ``{Store}/{Brand}/{file_name}.{extension}``, matched at a path's end."""
    pattern, position = '', 0
    for found in re.finditer(r'\{(\w+)(?::([^}]*))?\}', text):
        pattern += re.escape(text[position:found.start()])
        shape = r'[^/]+'
        if found.group(2):
            shape = DATE_PARTS.sub(lambda part: r'\d{%d}' % len(part.group()), re.escape(found.group(2)))
        pattern += '(?P<%s>%s)' % (found.group(1), shape)
        position = found.end()
    return re.compile(r'(?:^|/)' + (pattern + re.escape(text[position:])).lstrip('/') + '$')


def path_columns(root, path, table):
    """{column: text} that a table's partition format reads from a path."""
    options = options_of(table, 'extract_columns_from_partition_format')
    if options is None:
        return {}
    found = partition_pattern(str(options.get('partition_format', ''))).search(os.path.relpath(path, root).replace(os.sep, '/'))
    if not found:
        raise PlanError("'%s' does not match the partition format '%s'" % (path, options.get('partition_format')))
    return found.groupdict()


def by_count(files, count):
    """Mini-batches of ``count`` files each."""
    return [{'files': files[start:start + count]} for start in range(0, len(files), count)]


def line_ranges(path, size):
    """[(start, end)] that cover a text file after its first line, cut at line ends, each about ``size`` bytes."""
    ranges, total = [], os.path.getsize(path)
    with open(path, 'rb') as stream:
        stream.readline()
        start = stream.tell()
        while start < total:
            stream.seek(min(start + size, total))
            stream.readline()
            end = min(stream.tell(), total)
            ranges.append((start, end))
            start = end
    return ranges or [(total, total)]


def by_bytes(files, size, splittable):
    """Mini-batches of whole files of about ``size`` bytes together; larger text files are cut by lines when ``splittable``."""
    batches, parts, filled = [], [], 0

    def close():
        nonlocal parts, filled
        if parts:
            batches.append({'parts': parts, 'keys': None})
        parts, filled = [], 0

    for path in files:
        length = os.path.getsize(path)
        if length > size and splittable:
            close()
            batches += [{'parts': [{'path': path, 'start': start, 'end': end}], 'keys': None}
                        for start, end in line_ranges(path, size)]
            continue
        if filled + length > size:
            close()
        parts.append({'path': path, 'start': None, 'end': None})
        filled += length
    close()
    return batches


def by_path_keys(root, files, table, keys):
    """Mini-batches by the values that the keys have in paths, in the order of these values."""
    groups = {}
    for path in files:
        columns = path_columns(root, path, table)
        groups.setdefault(tuple(columns[key] for key in keys), []).append({'path': path, 'start': None, 'end': None})
    return [{'parts': groups[values], 'keys': dict(zip(keys, values))} for values in sorted(groups)]


def is_splittable(table):
    """Whether rows of a text file can be cut at line ends."""
    options = options_of(table, 'read_delimited')
    if options is None or options.get('support_multi_line') or options_of(table, 'take') is not None:
        return False
    return options.get('header') != 'no_header'


def make_plan(task, groups_in_data):
    """The mini-batches of a task. ``groups_in_data(root, table, files, keys)``: asked for values of keys that paths do not hold.

    Raises PlanError when there is nothing to do or the input cannot be read.
    """
    keys, batches, files = task.get('partitionKeys') or [], [], []
    nested = task.get('engine') != 'mlflow'
    for given in task['inputs']:
        root, table = given['path'], given.get('table')
        if table is None or not is_tabular(table):
            files += list_files(root, nested) if table is None else table_files(root, table)
            continue
        found = table_files(root, table)
        if not keys:
            size = parse_size(task.get('miniBatchSize'), DEFAULT_TABLE_BYTES)
            batches += [dict(batch, root=root, table=given['name']) for batch in by_bytes(found, size, is_splittable(table))]
            continue
        in_paths = found and set(keys) <= set(path_columns(root, found[0], table))
        grouped = by_path_keys(root, found, table, keys) if in_paths else groups_in_data(root, table, found, keys)
        batches += [dict(batch, root=root, table=given['name']) for batch in grouped]
    if files and keys:
        raise PlanError('partition_keys need an input of type mltable that says how its rows are read')
    batches += by_count(files, parse_size(task.get('miniBatchSize'), DEFAULT_FILES))
    if not batches:
        raise PlanError('there is nothing to do: the input holds no files')
    return batches


def digest_of(batches, roots=()):
    """Identifies a plan: the same files below ``roots``, sizes and cuts give the same text, wherever the roots lie."""
    def label(path):
        root = next((root for root in roots if path == root or path.startswith(root.rstrip('/') + '/')), None)
        return [path if root is None else '%d:%s' % (roots.index(root), os.path.relpath(path, root)), os.path.getsize(path)]

    described = [[batch.get('keys')] + [label(path) for path in batch.get('files') or []]
                 + [label(part['path']) + [part['start'], part['end']] for part in batch.get('parts') or []] for batch in batches]
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode('utf-8')).hexdigest()


def names_of(batch, limit=5):
    """The names of a mini-batch for people."""
    if batch.get('keys'):
        return ', '.join('%s=%s' % pair for pair in batch['keys'].items())
    paths = [os.path.basename(path) for path in batch.get('files') or [part['path'] for part in batch.get('parts') or []]]
    more = ' and %d more' % (len(paths) - limit) if len(paths) > limit else ''
    return ', '.join(paths[:limit]) + more
