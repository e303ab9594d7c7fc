"""Images for training by PyTorch: a folder by torchvision, tar shards by webdataset, parquet by datasets.

    images.py draw COUNT FOLDER       draws photograph-like JPEG files of about 500x375 in ten classes
    images.py pack FOLDER             packs FOLDER/folder into FOLDER/shards and FOLDER/parquet
    images.py digest FOLDER           the SHA-256 of all images, resized and cropped, in order
    images.py time KIND FOLDER        the time of one epoch in batches of 32, shuffled, by two workers

Writes a line of JSON.
"""

import glob
import hashlib
import json
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

SIZE, BATCH, WORKERS = 64, 32, 2


def draw(count, folder):
    """Clouds in three colours: noise of several scales, with the falling spectrum of photographs."""
    random = np.random.RandomState(1)
    for i in range(count):
        size = (500, 375) if i % 5 else (375, 500)
        image = np.zeros((size[1], size[0], 3), np.float32)
        for cells, strength in ((3, 60), (8, 30), (24, 16), (70, 9), (200, 6)):
            coarse = Image.fromarray((random.rand(cells, cells, 3) * 255).astype(np.uint8))
            image += (np.asarray(coarse.resize(size, Image.BICUBIC), np.float32) - 128) / 64 * strength
        image += random.normal(0, 4, (size[1], size[0], 1))
        path = Path(folder, f"class{i % 10}", f"{i:05d}.jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.clip(128 + image, 0, 255).astype(np.uint8)).save(path, quality=90)


def pack(folder):
    from datasets import ClassLabel, Dataset, Features, Value
    from datasets import Image as ImageFeature
    from torchvision.datasets import ImageFolder
    from webdataset import ShardWriter

    found = ImageFolder(folder / "folder")
    for name in ("shards", "parquet"):
        (folder / name).mkdir(exist_ok=True)
    per_shard = -(-len(found.samples) // 10)  # as many for each worker
    with ShardWriter(str(folder / "shards/train-%06d.tar"), maxcount=per_shard, verbose=0) as writer:
        for i, (path, label) in enumerate(found.samples):
            writer.write({"__key__": f"{i:06d}", "jpg": Path(path).read_bytes(), "cls": label})
    features = Features({"image": ImageFeature(), "label": ClassLabel(names=found.classes)})
    columns = {
        "image": [{"bytes": Path(path).read_bytes(), "path": None} for path, _ in found.samples],
        "label": [label for _, label in found.samples],
    }
    Dataset.from_dict(columns, features=features).to_parquet(folder / "parquet/train.parquet")
    return {"images": len(found.samples)}


def transform(tensors):
    from torchvision import transforms

    last = transforms.ToTensor() if tensors else transforms.Lambda(lambda image: np.asarray(image).tobytes())
    return transforms.Compose([transforms.Resize(SIZE), transforms.CenterCrop(SIZE), last])


def digest(folder):
    from torchvision.datasets import ImageFolder

    sha = hashlib.sha256()
    labels = hashlib.sha256()
    for image, label in ImageFolder(folder / "folder", transform(False)):
        sha.update(image)
        labels.update(bytes([label]))
    return {"images": sha.hexdigest(), "labels": labels.hexdigest()}


def folder_loader(folder):
    from torch.utils.data import DataLoader
    from torchvision.datasets import ImageFolder

    found = ImageFolder(folder / "folder", transform(True))
    return DataLoader(found, BATCH, shuffle=True, num_workers=WORKERS, drop_last=True)


def tar_loader(folder):
    import webdataset

    shards = sorted(glob.glob(str(folder / "shards/*.tar")))
    found = webdataset.WebDataset(shards, shardshuffle=len(shards)).shuffle(1000).decode("pil").to_tuple("jpg", "cls")
    batches = found.map_tuple(transform(True), lambda label: label).batched(BATCH, partial=False)
    return webdataset.WebLoader(batches, batch_size=None, num_workers=WORKERS)


def parquet_loader(folder):
    from datasets import disable_progress_bars, load_dataset
    from torch.utils.data import DataLoader

    disable_progress_bars()
    files = str(folder / "parquet/train.parquet")
    found = load_dataset("parquet", data_files=files, split="train", cache_dir=str(folder / "cache"))
    to = transform(True)
    found.set_transform(lambda rows: {"image": [to(image) for image in rows["image"]], "label": rows["label"]})
    return DataLoader(found, BATCH, shuffle=True, num_workers=WORKERS, drop_last=True)


def timed(kind, folder):
    start = time.perf_counter()
    loader = {"folder": folder_loader, "tar": tar_loader, "parquet": parquet_loader}[kind](folder)
    opened = time.perf_counter()
    images = 0
    for batch in loader:
        images += len(batch["label"] if isinstance(batch, dict) else batch[1])
    end = time.perf_counter()
    return {"openMs": (opened - start) * 1000, "ms": (end - opened) * 1000, "images": images}


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "draw":
        print(json.dumps(draw(int(rest[0]), rest[1])))
    elif what == "time":
        print(json.dumps(timed(rest[0], Path(rest[1]))))
    else:
        print(json.dumps({"pack": pack, "digest": digest}[what](Path(rest[0]))))
