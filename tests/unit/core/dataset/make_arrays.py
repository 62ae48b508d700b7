"""Writes arrays as NumPy does, each with what it holds: NAME.EXTENSION, NAME.raw (C order, little-endian) and NAME.txt (the
member, the type and the shape)."""
import gzip
import os
import sys

import numpy as np

folder = sys.argv[1]
os.makedirs(folder)
random = np.random.RandomState(1)


def path(name):
    return os.path.join(folder, name)


def expect(name, array, member=""):
    with open(path(name + ".raw"), "wb") as file:
        file.write(np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"))).tobytes())
    with open(path(name + ".txt"), "w") as file:
        file.write("\n".join([member, array.dtype.name, *map(str, array.shape)]) + "\n")


types = ["bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64"]
for type_name in types:
    dtype = np.dtype(type_name)
    for order in "<>":
        for layout in "CF":
            for shape in [(7,), (3, 5), (40, 33), (2, 3, 4), (3, 35, 2, 34)]:
                values = (random.standard_normal(shape) * 100).astype(dtype if dtype.kind != "u" else "int8").astype(dtype)
                array = np.array(values, dtype=dtype.newbyteorder(order), order=layout)
                name = f"{type_name}_{'big' if order == '>' else 'little'}_{layout}_{'x'.join(map(str, shape))}"
                np.save(path(name + ".npy"), array)
                expect(name, array)

some = random.standard_normal((6, 2)).astype("float32")
for version in [(1, 0), (2, 0), (3, 0)]:
    name = f"version_{version[0]}"
    with open(path(name + ".npy"), "wb") as file:
        np.lib.format.write_array(file, some, version)
    expect(name, some)

with gzip.open(path("gzip.npy.gz"), "wb") as file:
    np.save(file, some)
expect("gzip", some)

large = np.arange(100000, dtype="int32").reshape(100, 1000)
for save, name in [(np.savez, "stored"), (np.savez_compressed, "deflated")]:
    save(path(name + ".npz"), x=some, y=large)
    expect(name, large, "y")
    save(path(name + "_one.npz"), some)
    expect(name + "_one", some)

np.savetxt(path("table.csv"), some, delimiter=",", header="a,b", comments="", fmt="%.9g")
expect("table", some)
np.savetxt(path("integers.csv"), large[:, 7], delimiter=",", header="n", comments="", fmt="%d", newline="\r\n")
expect("integers", large[:, 7].astype("int64"))
